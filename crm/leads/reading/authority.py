"""AUTHORITY: who decides?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm.leads.facts import Criterion, CriterionState
from crm.leads.reading.candidates import Candidate
from crm.leads.reading.sentences import Sentence

_LED = (
    r"(?:einkaufs|vertriebs|verkaufs|marketing|it-?|edv-?|betriebs|werks?|produktions|fertigungs|abteilungs"
    r"|bereichs|personal|schul|geschäfts|niederlassungs|filial|logistik"
    r"|finanz|entwicklungs|instituts|amts|referats|heim|küchen|lager|instandhaltungs|service|standort|kita"
    r"|praxis|qualitäts|digital|innovations|technischer? |kaufmännischer? )"
)
_WORD = r"[A-ZÄÖÜ][\w&/-]{1,30}"
_FIELD = rf"(?: (?:der |des |für |- |of )?{_WORD}(?: (?:&|und|and) {_WORD}| {_WORD}){{0,2}})"
_ROLE = re.compile(
    rf"(?<![\w-])(?:"
    rf"(?i:(?:geschäftsführende[rn]? |alleinige[rn]? |alleiniger )?(?:geschäftsführer(?:in)?"
    rf"|gesellschafter(?:in)?(?:-geschäftsführer(?:in)?)?)|(?:firmen|praxis|geschäfts|laden|mit)?inhaber(?:in)?"
    rf"|eigentümer(?:in)?"
    rf"|gründer(?:in)?|mitgründer(?:in)?|prokurist(?:in)?|vorstand(?:svorsitzende[rn]?|smitglied)?|vorständin"
    rf"|präsident(?:in)?|bürgermeister(?:in)?|rektor(?:in)?|direktor(?:in)?|chefarzt|chefärztin"
    rf"|geschäftsleitung|geschäftsführung|{_LED}leiter(?:in)?|{_LED}leitung)"
    rf"|(?i:leiter(?:in)?|leitung){_FIELD}"
    rf"|(?i:co-?founder|founder|co-?owner|owner|proprietor|managing director|executive director|managing partner"
    rf"|general manager|president|chair(?:man|woman|person)"
    rf"|(?:chief|deputy) [\w]{{3,15}} officer|principal|(?:purchasing|procurement|buying|operations|plant|it"
    rf"|facilities|facility) (?:manager|director))"
    rf"|(?:CEO|CTO|CFO|COO|CIO|CMO|CPO|CISO|CDO|GF)"
    rf"|(?i:head of|director of|director,|vp|vp of|vice president|vice president of|svp|evp){_FIELD}"
    rf"|(?i:head of|director of) (?:finance|sales|it|operations|purchasing|procurement|marketing|engineering|hr"
    rf"|logistics|facilities)"
    rf"|(?:(?i:sales|marketing|finance|technical|commercial|operations|it|hr|creative|medical|regional|programme"
    rf"|program) )?(?i:director)"
    rf")(?![\w-])"
)
_NOT_HIS = re.compile(
    r"\b(?:assisten\w+|assistant|sekretär\w*|secretary|büro der|office of|referent\w*|im auftrag der|vertretung"
    r"|stellv\w*|deputy to|reports? to|an die|to the|former|ehemalige\w*|junior|"
    r"sehr geehrte\w*|dear|hallo|lieber?|personal)\b[^,|]{0,40}$",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"\b(?:directors?|geschäftsführ\w+|vorstand|aufsichtsrat|management board|vertreten durch)\b[^:]{0,30}:"
    r"|\b(?:hrb|hra|amtsgericht|registergericht|handelsregister|ust-?id|sitz der gesellschaft|registered (?:in"
    r"|office)|company no|vat)\b|\b(?:sitz|steuernummer):",
    re.IGNORECASE,
)
_PPA = re.compile(r"(?<![\w])ppa\.?(?= )", re.IGNORECASE)

_OTHERS = (
    r"(?P<role>(?:chef(?:in)?|boss|vorgesetzte[rn]?|manager|supervisor|vorstand|board(?: of directors)?"
    r"|gemeinderat|stadtrat|geschäftsleitung|geschäftsführung|management|gremium|committee"
    r"|einkauf(?:sabteilung)?|(?:purchasing|procurement|finance)(?: department| team)?|zentrale|headquarters|hq"
    r"|kollegin|kollege"
    r"|finance|director of \w+|head of \w+|vp(?: of)? \w+|partner|mann|frau"
    r"|geschäftsführer(?:in)?|inhaber(?:in)?|prokurist(?:in)?|gesellschafter|ceo|cfo|cto|coo|cio|owner"
    r"|managing director|president|director|\w+leiter(?:in)?|\w+leitung|leadership(?: team)?|trustees|council"
    r"|finance director|it director|it manager|purchasing manager))"
)
_THE = r"(?:(?:mein|unser|der|die|das|den|dem|my|our|the|his|her|their|ihr|sein)(?:e[nrms]?)? )?"
_FINAL = r"(?:final |last |endgültige |letzte )?"
_MUST = (
    r"(?:muss|müssen|müsste|has to|have to|must|needs? to|will need to|will have to|would have to|will|would need to)"
)
_AGREE = (
    r"(?:zustimmen|freigeben|entscheiden|genehmigen|absegnen|unterschreiben|approve|sign(?: it)?(?: this)? off|sign"
    r"|decide|agree|okay|ok|authori[sz]e|green-?light)"
)
_OTHER_DECIDES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_THE}{_OTHERS} {_MUST}\b[^.;]{{0,40}}?\b{_AGREE}\b",
        rf"\b(?:entscheide[tn]|entscheidung trifft|entscheidung treffen|entscheiden muss|entscheiden wird"
        rf"|zustimmen muss|freigeben muss|genehmigen muss|das letzte wort hat"
        rf"|letztes wort hat) (?:\w+ ){{0,4}}?{_THE}{_OTHERS}\b",
        rf"\b{_FINAL}(?:decision|say|word|approval|sign-off|entscheidung|freigabe) (?:\w+ )?(?:rests|lies|is"
        rf"|sits|remains|comes|stays|liegt|obliegt|erfolgt|kommt) (?:with|from|made by|up to|bei|durch"
        rf"|von)? ?{_THE}{_OTHERS}\b",
        rf"\b{_THE}{_OTHERS} (?:decides|signs off|approves|votes?|has the (?:final|last) (?:say|word)"
        rf"|makes the (?:final )?decisions?"
        rf"|entscheidet|trifft die entscheidung|hat das letzte wort|makes the call)\b",
        rf"\b(?:approval|sign-off|permission|the okay|go-ahead|zustimmung|freigabe|genehmigung|okay) (?:from|by"
        rf"|of|von|durch|des|der) {_THE}{_OTHERS}\b",
        rf"\b(?:check|clear it|run (?:it|this) (?:by|past)|discuss (?:it|this) with|abstimmen mit"
        rf"|rücksprache mit|absprache mit|abklären mit|klären mit|mit)(?: with)? {_THE}{_OTHERS}(?: (?:first"
        rf"|abstimmen|klären|abklären|absprechen|besprechen))",
    )
]
_I_DECIDE = re.compile(
    r"\b(?:(?:ich|er|sie|herr \w+|frau \w+|hr\. \w+|fr\. \w+) (?:kann |darf )?entscheide[tn]?(?: (?:das|darüber"
    r"|hier|selbst|allein|alleine))?(?= |$|[.,;!])(?! sich)|(?:und )?entscheidet (?:das )?(?:selbst|allein"
    r"|alleine)"
    r"|(?:das )?entscheide ich|entscheidung (?:liegt|ist|läge) (?:\w+ )?(?:bei mir|meine)"
    r"|entscheidung treffe (?:\w+ )?ich|treffe (?:ich )?die entscheidung|(?:bin|ist) (?:der |die "
    r"|hier )?(?:alleinige[r]? )?entscheider(?:in)?"
    r"|entscheidungsbefugt|i(?:'m| am)(?: also)? the (?:\w+ )?decision[- ]?maker|decision[- ]?maker (?:is me"
    r"|myself)|i (?:\w+ )?(?:make|take) (?:the|all|this|that|purchasing|these) (?:\w+ )?decisions?"
    r"|i decide|i(?:'ll| will) (?:be making|make) the (?:final )?(?:call|decision)|(?:decision|call) is mine"
    r"|it's my (?:decision|call)|my (?:own )?decision|i (?:can"
    r"|will) (?:sign off|approve) (?:it |this )?myself|(?:he|she) (?:decides|makes the decision)"
    r"|is the decision[- ]?maker)",
    re.IGNORECASE,
)
_AS_ROLE = re.compile(
    r"\b(?:als|as(?: the| an?)?|ich bin(?: hier)?(?: die| der)?|i(?:'m| am)(?: the| an?)?|(?:job title|title"
    r"|titel|position|funktion|role|rolle):|er ist|sie ist|ist"
    r"|(?:he|she) is(?: the| an?)?|is the|bin(?: ich)?(?: die| der)?|mein name .{2,30},|,|\() ?$",
    re.IGNORECASE,
)
_I_OWN = re.compile(r"\bi (?:own|run) (?:a|an|the|my|two|three)\b", re.IGNORECASE)


def read_authority(sentence: Sentence, *, is_note: bool = False) -> Iterator[Candidate]:
    """What one sentence says of who decides."""
    text = sentence.text
    for pattern in _OTHER_DECIDES:
        found = pattern.search(text)
        if found and not sentence.asks:
            role = found["role"]
            yield Candidate(
                Criterion.AUTHORITY, CriterionState.NOT_MET, found.start(), found.end(), "authority.other", 5, role=role
            )
    if sentence.asks:
        return
    decides = _I_DECIDE.search(text)
    roles = [found for found in _ROLE.finditer(text) if _is_of_writer(text, found)]
    if decides:
        role = roles[0][0] if roles else None
        start = min([decides.start(), *(found.start() for found in roles[:1])])
        end = max([decides.end(), *(found.end() for found in roles[:1])])
        yield Candidate(Criterion.AUTHORITY, CriterionState.MET, start, end, "authority.decides", 4, role=role)
    for found in roles:
        yield Candidate(
            Criterion.AUTHORITY, CriterionState.MET, found.start(), found.end(), "authority.says", 2, role=found[0]
        )
    own = _I_OWN.search(text)
    if own:
        yield Candidate(
            Criterion.AUTHORITY, CriterionState.MET, own.start(), own.end(), "authority.says", 1, role="Owner"
        )


def _is_of_writer(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - 50) : found.start()]
    return bool(_AS_ROLE.search(before)) and not _NOT_HIS.search(before)


def read_signature(line: Sentence) -> Iterator[Candidate]:
    """The role in a line of a signature; not the directors that a company has to name below its letters."""
    text = line.text
    for found in _ROLE.finditer(text):
        before, after = text[max(0, found.start() - 50) : found.start()], text[found.end() : found.end() + 2]
        if after[:1] == ":" or _NOT_HIS.search(before) or _FOOTER.search(text):
            continue
        rule = "authority.signature"
        yield Candidate(Criterion.AUTHORITY, CriterionState.MET, found.start(), found.end(), rule, 3, role=found[0])
    ppa = _PPA.search(text)
    if ppa:
        start, rule = ppa.start(), "authority.ppa"
        yield Candidate(Criterion.AUTHORITY, CriterionState.MET, start, ppa.end(), rule, 2, role="Prokurist")
