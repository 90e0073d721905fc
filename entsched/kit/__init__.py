"""The beginning of a plugin: a package that works, written from templates."""
