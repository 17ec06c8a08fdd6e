@rem The start script begins with `exec`, so that signals reach the server and not a shell around it. Windows' shell has no
@rem such word, and takes it from here: it runs the rest of the line.
@%*
