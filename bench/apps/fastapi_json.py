from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int):
    return {"id": item_id, "name": "Galley", "tags": ["kitchen", "ship"]}
