"""What every request passes: the form of what is asked, limits, what an answer carries. Imports
`foundation` and `observatory`, no model.
"""
