class Fault(Exception):
    """Something is not what it must be: the code of docs/audit-export.md, and a sentence."""

    def __init__(self, code, detail):
        super().__init__(detail)
        self.code, self.detail = code, detail
