from flask import Flask

app = Flask(__name__)


@app.get("/items/<int:item_id>")
def read_item(item_id):
    return {"id": item_id, "name": "Galley", "tags": ["kitchen", "ship"]}
