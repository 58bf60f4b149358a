"""Messages from the ledger to people's phones, over real HTTP."""

from town import Town

from models.outbox import Channel, Delivery


def test_a_due_message_reaches_the_person_as_a_customer_message(town: Town) -> None:
    whom = town.neighbour()
    sent = town.queue(whom, "您的工单已派给3号楼楼长")
    assert town.deliver() == 1
    assert town.texts(whom) == ["您的工单已派给3号楼楼长"]
    message = town.message(sent)
    assert (message.state, message.channel) == (Delivery.SENT, Channel.CUSTOM)
    assert message.attempts == 1
    assert message.lease_token is None
    assert town.identity(whom).window_left == 4
