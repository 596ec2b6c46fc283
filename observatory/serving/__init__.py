"""The ASGI server layer around Django: limits on slow, large or numerous requests, so that others are still served.

Django's handler runs in a few threads of each process. A thread gets a request once it has arrived completely, and is
free as soon as the response is generated, however slowly the client reads it: the event loop serves waiting clients.
"""
