"""Words that tell a model nothing, folded."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words("""
    a about after again all also am an and any are as at be because been before but by can could did do does for from
    get go had has have he her here him his how i if in into is it its just like me more most my new no not now of on
    one only or other our out over she should so some such than that the their them then there these they this
    those to too up us use very was we were what when where which who why will with would yes you your
""")
"""They stand in almost every prompt."""

COMMON_WORDS = FUNCTION_WORDS | _words("""
    ask answer day find give good hello help hi know let look make need ok people question right say see show tell
    thank thanks thing things time today want way word work year
""")
"""A search term of one of these words offers its plugin with most prompts."""

GENERIC_WORDS = _words("""
    additional all api assistant chatbot contains content data database description entries entry function general
    gives helper helpers helpful helps info information item items llm model object objects plugin plugins provide
    provides record records result results return returns sample stuff system test text things tool tools useful user
    users utility value values various
""")
"""They say that there is something, not what it is."""
