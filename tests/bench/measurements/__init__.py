"""What is measured, a module a subject; each yields results one by one, so that an interrupted run keeps some."""
