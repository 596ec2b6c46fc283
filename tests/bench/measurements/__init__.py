"""The benchmarks, one module per subject; each yields its results one by one, so that an interrupted run keeps some."""
