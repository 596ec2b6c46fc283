"""Countries side by side: tallies, states on days, pictures and files. Imports `listing`, `timeline` and `validity`.

What a comparison counts are norms and actions. An act that is only announced, and a bill, is counted beside them.
Every number is that of a list, whose query string stands beside it.
"""
