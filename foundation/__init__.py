"""What every app shares: partial dates, texts, SQL, files, records, publication, the web. Imports no app."""
