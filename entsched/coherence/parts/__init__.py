"""The parts of a study, one file each: sections of a configuration, their tasks, tables and findings."""
