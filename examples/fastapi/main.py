"""A FastAPI app: JSON, a validated body, a stream, and state that lifespan makes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    yield {"greeting": "Ahoy"}


app = FastAPI(title="Galley example", lifespan=lifespan)


class Item(BaseModel):
    name: str
    price: float


@app.get("/")
async def index(request: Request) -> dict[str, str]:
    return {"message": f"{request.state.greeting} from FastAPI", "docs": "/docs"}


@app.get("/hello/{name}")
async def hello(name: str, request: Request) -> dict[str, str]:
    return {"message": f"{request.state.greeting}, {name}"}


@app.post("/items", status_code=201)
async def create(item: Item) -> Item:
    return item


@app.get("/count")
async def count() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(1, 6):
            yield f"{number}\n"
            await asyncio.sleep(0.2)

    return StreamingResponse(lines(), media_type="text/plain")
