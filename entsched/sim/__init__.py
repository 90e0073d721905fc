"""The event model: two servers, their baseline tasks, paired arrivals and two routers."""
