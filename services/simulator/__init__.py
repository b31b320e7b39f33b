"""Three vendors' APIs over one world: what demo, compose, tests and benchmarks talk to.

`world*.py` is the MSP whose rows change as its clock moves (see `simulator.world`), each vendor's
files render it, `faults.py` lists what can go wrong, `control.py` is `/_world`, where the truth stands.
"""
