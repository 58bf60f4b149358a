"""The way from the chat to the resident's own pages: an address for a short time, once."""

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from config.settings import public_link
from models import page_links


@registry.command("page")
def page(chat: Chat, command: Command) -> Reply:
    token = page_links.open_link(chat.session, chat.speaker.identity_id, chat.now)
    minutes = int(page_links.LIFE.total_seconds() // 60)
    return chat.say("page_link", link=public_link(f"/p/my/in/{token}"), minutes=minutes)
