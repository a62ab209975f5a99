"""`autograd.scipy`: functions of SciPy's, differentiated by leopard's. SciPy is imported by the submodules."""
