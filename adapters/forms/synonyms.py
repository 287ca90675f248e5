"""What the fields of contact forms are called, in German, English, French, Spanish, Italian and Dutch.

Words stand here as ``words_of`` leaves them: lower case, without accents and separators ("E-Mail-Adresse" is
"emailadresse"). To teach a form, add its word to the line of its meaning.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum


class Meaning(Enum):
    """What a field is there for."""

    NAME = "name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    EMAIL = "e-mail"
    PHONE = "phone"
    ORGANIZATION = "organization"
    JOB_TITLE = "job title"
    SUBJECT = "subject"
    MESSAGE = "message"
    SALUTATION = "salutation"
    CONSENT = "consent"
    TITLE = "title"
    """A salutation, an academic title, a job title or the subject: the value says which."""
    ATTEMPT = "captcha or token"
    """A captcha's answer, a CSRF token or a nonce: another at each attempt of the same person, never their words."""
    INTERNAL = "internal"
    """Contact Form 7's own fields: never a person's words either, yet the same at each attempt."""
    TECHNICAL = "technical"
    """Called like a program's field; its value tells whether a person wrote it."""
    PLAIN = "plain"
    """Known to be none of the above whatever its value looks like: a date is no phone number."""


_NAMES = {
    Meaning.NAME: """
        name names fullname fullnames completename realname nameofcontact contactperson contactname
        vollername vollstandigername vorundnachname vornameundnachname vornamenachname vornamename nachnamevorname
        namevorname anundnachname ansprechpartner ansprechpartnerin kontaktperson absender absendername
        nom nomcomplet nometprenom nomprenom nomsetprenoms prenometnom prenomnom nombreyapellidos nombreyapellido
        nombrecompleto nombreapellidos nombre personadecontacto nome nomecompleto nomeecognome nomecognome nominativo
        persona naam volledigenaam voornaamenachternaam voorenachternaam contactpersoon whoareyou
    """,
    Meaning.FIRST_NAME: """
        firstname first fname givenname forename namefirst vorname rufname prenom primernombre nombredepila
        voornaam roepnaam nomedibattesimo nomeproprio
    """,
    Meaning.LAST_NAME: """
        lastname last lname familyname surname namelast nachname familienname zuname nomdefamille nomfamille apellido
        apellidos primerapellido cognome achternaam familienaam
    """,
    Meaning.EMAIL: """
        email emailaddress mail mailaddress emailid emails workemail businessemail companyemail replyto from
        emailadresse mailadresse eadresse geschaftlicheemail geschaftlicheemailadresse firmenemail
        courriel courrielprofessionnel adresseemail adressemail adressecourriel adresseelectronique mel
        emailprofessionnel correo correoelectronico direcciondecorreo direcciondecorreoelectronico direccionemail
        direcciondeemail postaelettronica indirizzoemail indirizzomail indirizzodipostaelettronica emailaziendale
        emailadres mailadres zakelijkemailadres
    """,
    Meaning.PHONE: """
        phone phonenumber telephone telephonenumber tel telno telnr mobile mobilephone mobilenumber cell cellphone
        cellnumber callback callbacknumber whatsapp whatsappnumber workphone businessphone daytimephone
        telefon telefonnummer telefonnr fon festnetz festnetznummer handy handynummer handynr mobil mobilnummer
        mobiltelefon mobilfunknummer ruckrufnummer ruckruf rufnummer durchwahl telefonmobil telefonodermobil
        numerodetelephone telephoneportable portable numtel numerotelephone telephonefixe telephonemobile gsm
        telefono numerodetelefono telefonomovil movil celular telefonofijo telefonodecontacto
        numeroditelefono cellulare numerodicellulare recapitotelefonico recapito numerotelefono
        telefoon telefoonnummer mobielnummer mobiel mobieletelefoon gsmnummer
    """,
    Meaning.ORGANIZATION: """
        company companyname organization organisation organizationname organisationname business businessname employer
        institution firm agency
        firma firmenname firmaname firmierung unternehmen unternehmensname betrieb organisationsname arbeitgeber verein
        behorde institutionfirma firmaorganisation firmaunternehmen firmainstitution
        societe nomdelasociete nomsociete entreprise nomdelentreprise nomentreprise raisonsociale organisme
        structure etablissement empresa nombredelaempresa nombreempresa compania organizacion razonsocial
        azienda nomeazienda nomedellazienda ragionesociale societa ditta impresa organizzazione ente
        bedrijf bedrijfsnaam organisatie organisatienaam onderneming werkgever
    """,
    Meaning.JOB_TITLE: """
        jobtitle job position role jobrole jobposition occupation jobfunction
        funktion beruf berufsbezeichnung stelle stellenbezeichnung positionimunternehmen jobbezeichnung tatigkeit
        fonction poste metier profession titredeposte intituleduposte cargo puesto profesion ocupacion
        puestodetrabajo ruolo ruoloaziendale professione mansione posizione qualifica functie functietitel beroep
    """,
    Meaning.SUBJECT: """
        subject topic regarding subjectline messagesubject reason reasonforcontact inquirytype enquirytype
        betreff thema anliegenart grund kontaktgrund betrifft anfrageart artderanfrage
        objet sujet motif objetdumessage asunto tema motivo oggetto argomento onderwerp reden
    """,
    Meaning.MESSAGE: """
        message messages msg comment comments commentsorquestions questionsorcomments question questions inquiry
        enquiry details description body content text textarea note notes remarks request requirements feedback
        howcanwehelp howcanwehelpyou howmaywehelp howmaywehelpyou whatcanwedoforyou tellusmore additionalinformation
        additionalinfo projectdescription aboutyourproject messagebody messagetext
        nachricht nachrichten mitteilung anfrage anliegen kommentar kommentare bemerkung bemerkungen anmerkung
        anmerkungen frage fragen freitext beschreibung projektbeschreibung wunsch wunsche nachrichtentext
        wiekonnenwirihnenhelfen wiekonnenwirhelfen waskonnenwirfursietun worumgehtes
        messagetexte commentaire commentaires demande remarque remarques precisions texte
        commentpouvonsnousvousaider votreprojet descriptionduprojet
        mensaje comentario comentarios consulta pregunta preguntas observaciones descripcion peticion solicitud
        comopodemosayudarte comopodemosayudarle
        messaggio commento commenti richiesta domanda domande descrizione testo comepossiamoaiutarti
        comepossiamoaiutarla
        bericht berichten opmerking opmerkingen vraag vragen toelichting omschrijving aanvraag
        waarmeekunnenweuhelpen hoekunnenweuhelpen
    """,
    Meaning.SALUTATION: """
        salutation mrmrs honorific prefix nameprefix courtesytitle
        anrede akademischertitel geschlecht gender civilite titre tratamiento appellativo titolo aanhef
    """,
    Meaning.CONSENT: """
        consent privacy privacypolicy gdpr terms termsandconditions acceptterms accept agree agreement optin newsletter
        marketing marketingconsent acceptance dataprotection subscribe
        datenschutz datenschutzerklarung dsgvo einwilligung zustimmung einverstanden einverstandniserklarung agb
        datenschutzhinweis datenschutzhinweise datenschutzakzeptiert
        rgpd consentement confidentialite politiquedeconfidentialite cgu cgv consentimiento privacidad
        politicadeprivacidad aceptacion acepto consenso informativaprivacy trattamentodati accetto
        toestemming privacybeleid privacyverklaring akkoord avg nieuwsbrief
    """,
    Meaning.TITLE: "title titel",
    Meaning.TECHNICAL: """
        wphttpreferer token formkey formid formname formbuildid formsubmit submit submitbutton
        senden absenden envoyer enviar invia verzenden send action method charset utf8 utf viewstate viewstategenerator
        eventvalidation eventtarget eventargument antispam spamcheck maxfilesize postid pageid queriedid submissionid
        idempotencykey gclid gbraid wbraid dclid fbclid msclkid ttclid liclid twclid yclid fbp fbc gaclientid hutk
        timestamp rendertime sessionid clientid redirect redirecturl next refererid
    """,
    Meaning.PLAIN: """
        zip zipcode postcode postalcode postal plz postleitzahl codepostal codigopostal cap cp street address city
        town state region country strasse hausnummer ort stadt land adresse anschrift rue ville pays calle ciudad pais
        direccion provincia via citta paese indirizzo straat huisnummer plaats woonplaats
        date datum fecha data birthday geburtsdatum dateofbirth time uhrzeit zeitraum budget price preis amount betrag
        quantity menge anzahl number nummer ordernumber bestellnummer kundennummer customernumber invoicenumber
        rechnungsnummer fax faxnumber faxnummer telefax vat vatid ustid ustidnr steuernummer iban siret siren kvk
        website web url homepage webseite webadresse site siteweb sitioweb sitoweb page pageurl pagetitle referer
        referrer ip ipaddress remoteip useragent browser employees mitarbeiter teamsize
        honeypot hp gotcha botfield
    """,
}
_MEANINGS = {word: meaning for meaning, words in _NAMES.items() for word in words.split()}
# What changes at every attempt: captchas' answers, CSRF tokens (Django, Rails, Laravel, ASP.NET, Drupal), nonces.
_ATTEMPT = re.compile(
    r".*(?:captcha|altcha|csrf|xsrf)|cf[-_]?turnstile|_token$|(?:form|authenticity|_*requestverification|antiforgery)[-_]?token$"
    r"|(?:.*[\W_])?(?:wp)?nonce\W?$",
    re.IGNORECASE,
)
_INTERNAL = re.compile(r"_*wpcf7", re.IGNORECASE)
# Prefixes of whole families of technical fields: WordPress, Gravity Forms, Google, ASP.NET.
_TECHNICAL = re.compile(
    r"_wp|wpforms\[(?:id|author|submit|token)|gform_|is_submit_|state_\d|_ga$|_gl$|__[a-z]+$", re.IGNORECASE
)
_HONEYPOT = re.compile(r".*honeypot", re.IGNORECASE)
_FAMILIES = (
    (_ATTEMPT, Meaning.ATTEMPT),
    (_INTERNAL, Meaning.INTERNAL),
    (_HONEYPOT, Meaning.PLAIN),
    (_TECHNICAL, Meaning.TECHNICAL),
)
# Words that say nothing of a field's meaning: whose it is, which box it stands in, how politely it is asked for.
_NOISE = frozenset(
    """
    your you yours the a an my our what is are how please enter of
    ihr ihre ihren ihrer dein deine mein meine wie lautet heissen sie bitte geben ein eingeben der die das des
    votre vos ton ta mon ma quel quelle est le la les l du de d
    su sus tu tus mi el los cual es il lo i suo sua tuo tua vostro vostra qual
    uw jouw je jullie mijn wat het een
    contact kontakt contacto contatto customer kunde kunden client cliente klant user visitor besucher lead person
    personal sender
    form forms formular formulaire formulario formulier contactform field fields feld champ campo veld formfields
    input txt tx frm data value val item meta entry answer answers response responses question q s et pb wpforms
    required pflichtfeld pflicht optional obligatoire obligatorio obbligatorio verplicht
    confirm confirmation repeat wiederholen bestatigen bestatigung
    """.split()
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATOR = re.compile(r"[\W_]+")
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def words_of(name: str) -> list[str]:
    """A field's name as its words, without case, accents, separators and numbers: "yourE-Mail_2" is your, e, mail."""
    spaced = _CAMEL.sub(" ", name[:200])
    folded = "".join(c for c in unicodedata.normalize("NFKD", spaced.casefold()) if not unicodedata.combining(c))
    return [word for piece in _SEPARATOR.split(folded) if (word := piece.strip("0123456789"))]


def meaning_of(name: str) -> Meaning | None:
    """What a field of that name is there for; None where the name does not say."""
    for pattern, meaning in _FAMILIES:
        if pattern.match(name[:200]):
            return meaning
    words = words_of(name)
    telling = [word for word in words if word not in _NOISE]
    last = words_of(re.split(r"[.\[]", name[:200].rstrip("].[ "))[-1])
    for attempt in (words, telling, last):
        joined = "".join(attempt)
        for written in (joined, _without_umlauts(joined)):
            if found := _MEANINGS.get(written):
                return found
    return None


def is_called(text: str, meaning: Meaning) -> bool:
    """Whether a text is a name of that meaning, without any other word: "Absenden" on a button."""
    return _MEANINGS.get("".join(words_of(text))) is meaning


def utm_of(name: str) -> str | None:
    """The short name of a campaign parameter: "utm_source" is "source"; None for other fields."""
    words = words_of(name)
    if len(words) >= 2 and words[-2] == "utm" and words[-1] in ("source", "medium", "campaign", "term", "content"):
        return words[-1]
    return None


def _without_umlauts(word: str) -> str:
    """Written "taetigkeit", meant "Tätigkeit"."""
    for written, meant in _UMLAUTS:
        word = word.replace(written, meant)
    return word
