"""A room in which everyone hears everyone."""

from channels.generic.websocket import AsyncJsonWebsocketConsumer


class Chat(AsyncJsonWebsocketConsumer):
    async def connect(self):
        self.room = self.scope['url_route']['kwargs']['room']
        if self.room == 'locked':
            await self.close(code=4003)
            return
        await self.channel_layer.group_add(self.room, self.channel_name)
        offered = self.scope['subprotocols']
        await self.accept('chat.v2' if 'chat.v2' in offered else None)
        await self.send_json({'offered': offered, 'query': self.scope['query_string'].decode()})

    async def receive_json(self, content):
        if 'leave' in content:
            await self.close(code=content['leave'], reason=content['why'])
        else:
            await self.channel_layer.group_send(self.room, {'type': 'heard', 'text': content['say']})

    async def heard(self, event):
        await self.send_json({'heard': event['text']})

    async def left(self, event):
        await self.send_json({'left': event['code']})

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.room, self.channel_name)
        await self.channel_layer.group_send(self.room, {'type': 'left', 'code': code})
