"""Which orders of bridge/call/messages.py are for the model, found by import."""

from bridge.call import messages as m

FOR_OTHERS = {
    m.PlayAudio,
    m.SendMark,
    m.ClearPlayback,
    m.ReopenModel,
    m.RunTool,
    m.RecordTurn,
    m.RecordInterruption,
    m.RecordClip,
    m.RecordReview,
    m.RecordUsage,
    m.EndStream,
}


def model_orders() -> list[type[m.Action]]:
    """Every order that is not for the caller leg or the shell."""
    return [kind for kind in m.Action.__subclasses__() if kind not in FOR_OTHERS]
