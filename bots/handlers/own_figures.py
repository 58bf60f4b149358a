"""What this person had in hand lately, told to them alone."""

from bots import registry
from bots.chat import Chat
from bots.commands import Command
from bots.message import Reply
from models.localtime import local
from models.metrics.own import own_figures
from models.metrics.periods import Period, Span, holding
from models.metrics.tally import Count


@registry.command("own_figures")
def own_figures_command(chat: Chat, command: Command) -> Reply:
    """This month and the last."""
    month = holding(local(chat.now).date(), Span.MONTH)
    return chat.say("own_figures", months=[_told(chat, one) for one in (month, month.before())])


def _told(chat: Chat, period: Period) -> dict[str, int]:
    counts = own_figures(chat.session, chat.person_id, period, chat.now)
    return {"month": period.first.month, **{str(one): counts[one] for one in Count}}
