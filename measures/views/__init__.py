"""The public pages and files of measures and the archive. Imports every folder of `measures` but its admin."""
