"""A supervisor's hands at Asterisk itself, with the ARI user that is his: curl, and plain requests."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import Any

import aiohttp
import pytest

from ops.caller.telephone import Telephone
from tests.acceptance.floor import Floor, eventually

CURL_S = 10


class Supervisor:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._asterisk = floor.system.stack.asterisk

    async def curl(self, *arguments: str, body: dict[str, Any] | None = None) -> str:
        """Run curl as docs/supervisors.md shows; its output. The password goes in by its standard input, not by the command line."""
        program = shutil.which("curl")
        if program is None:
            pytest.fail("curl is not installed: the supervisors' page shows every act with it (apt-get install curl)")
        sends = ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
        (method, path) = arguments
        argv = [
            program,
            "-sS",
            "--fail-with-body",
            "-m",
            str(CURL_S),
            "-K",
            "-",
            "-X",
            method,
            *sends,
            f"{self._asterisk.ari_url}/ari{path}",
        ]
        curl = await asyncio.create_subprocess_exec(*argv, stdin=-1, stdout=-1, stderr=-1)
        login = f'user = "{self._asterisk.supervisor_username}:{self._asterisk.supervisor_password}"\n'
        out, errors = await curl.communicate(login.encode())
        assert curl.returncode == 0, f"curl {method} {path}: {errors.decode()} {out.decode()}"
        return out.decode()

    async def wishes(self, name: str, telephone: Telephone, **variables: Any) -> None:
        """``POST /events/user/<name>``, by curl."""
        body = {"variables": variables} if variables else None
        await self.curl("POST", f"/events/user/{name}?application=callctl&source=channel:{telephone.channel_id}", body=body)

    async def acknowledged(self, telephone: Telephone, answer: str) -> None:
        """Wait until the caller's channel says *answer*."""

        async def says() -> bool:
            channel = json.loads(await self.curl("GET", f"/channels/{telephone.channel_id}"))
            return bool(channel["channelvars"].get("CALLCTL_ACK") == answer)

        await eventually(says, f"acknowledgement {answer}", 10.0)

    async def ari(self, method: str, path: str, **query: str) -> None:
        """An ARI request by hand: a call's channel moved, deleted, sent elsewhere."""
        login = aiohttp.encode_basic_auth(self._asterisk.supervisor_username, self._asterisk.supervisor_password)
        async with (
            aiohttp.ClientSession(headers={"Authorization": login}) as http,
            http.request(method, f"{self._asterisk.ari_url}/ari{path}", params=query) as answer,
        ):
            assert answer.status < 300, f"{method} {path}: {answer.status} {await answer.text()}"
