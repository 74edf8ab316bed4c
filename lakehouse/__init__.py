"""The vocabulary that every room of the house shares: config, names, contracts.

Pure Python. Nothing here imports pulumi or boto3 or touches the network; the only file
it reads is the pin file (`lakehouse.versions`).
"""
