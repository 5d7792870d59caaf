"""A mail or package from arrival to filing: kept and claimed, looked at, filed, answered for."""
