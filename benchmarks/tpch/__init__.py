"""TPC-H: real input for the lakehouse, and 22 answers checked against a second engine."""
