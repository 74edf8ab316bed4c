"""The emulated AWS account: moto's server, with what moto leaves out grafted onto it.

Started as ``python -m local.account``. One module per AWS service; `fleet` is the part of
Auto Scaling that acts over time, `control` is what the local cloud's other daemons use.
"""
