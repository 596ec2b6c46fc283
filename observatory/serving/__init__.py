"""Between the web server and Django: what a slow, huge or hasty visitor may take, so that others still get answers.

Django's handler runs in a few threads of each process. A thread is given a request when all of it has arrived, and is
free again when the answer is made, however slowly somebody reads it: an event loop holds those who wait.
"""
