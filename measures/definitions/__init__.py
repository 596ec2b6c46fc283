"""Definitions of vocabulary and of the files over time, and what is to be coded again once one means something else.

All of it follows from the history: a version of a definition is the event that wrote it, with what was said of its
meaning in the context of that event; an act is coded by the definitions of the day on which its terms were chosen or
confirmed.
"""
