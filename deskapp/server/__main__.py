"""`python -m deskapp.server` is `deskapp-server`."""

from deskapp.server.cli import main

raise SystemExit(main())
