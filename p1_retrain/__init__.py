"""The command line for whoever operates a stack: it says what is wrong with a file, and does what helps, safely.

Three layers: `commands` parse and ask, `found` asks AWS and returns dataclasses, `shown` draws those for people.
`--json` prints the same dataclasses. Nothing of this is deployed.
"""
