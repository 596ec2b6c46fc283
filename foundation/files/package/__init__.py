"""All files as one data package: its description, and how it is written. `foundation.files.importing` reads it."""
