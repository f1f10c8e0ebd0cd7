"""
Starts a command as systemd would: with a listening socket as descriptor 3, and a socket for its messages, which are printed one JSON
string a line behind the port. SIGTERM and SIGHUP are passed on; exits as the command does.
"""

import json
import os
import signal
import socket
import sys
import tempfile
import threading

folder = tempfile.mkdtemp()
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(f'{folder}/notify')
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)

child = os.fork()
if child == 0:
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    environment = {
        **os.environ,
        'NOTIFY_SOCKET': f'{folder}/notify',
        'WATCHDOG_USEC': '200000',
        'WATCHDOG_PID': str(os.getpid()),
        'LISTEN_PID': str(os.getpid()),
        'LISTEN_FDS': '1',
    }
    os.execvpe(sys.argv[1], sys.argv[1:], environment)
listener.close()


def listen() -> None:
    while True:
        print(json.dumps(notify.recv(4096).decode()), flush=True)


threading.Thread(target=listen, daemon=True).start()
for each in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, lambda number, _frame: os.kill(child, number))
_, status = os.waitpid(child, 0)
os.unlink(f'{folder}/notify')
os.rmdir(folder)
os._exit(os.waitstatus_to_exitcode(status))
