"""What people see on the command line."""
