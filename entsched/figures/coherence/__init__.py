"""The figures of a study of coherence, one file for each part."""
