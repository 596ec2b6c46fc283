"""Blind double coding: a share of acts is coded a second time by somebody who has not seen the first coding.

`fields.py` says what is coded and in what form codings are kept, `drawing.py` which acts are drawn, `coding.py` who may
do what with one, `agreement.py` how well codings agree, `results.py` the figures of the installation.

Imports `models`; the moves of records (`workflow.py`) ask it.
"""
