"""Hostile input: what somebody who means harm, or a broken program, may send to the functions.

Small texts are in tests/data/hostile, one file for each kind of input. What is big, binary or endless is built here,
the same on every run: `answers`, `urls`, `zips`. Each entry says what is hostile about it and which outcome is right.
"""
