"""Domains of mail providers open to everybody: an address there says nothing about an organization.

Gathered by hand from the providers' own sites; registrable domains only.
"""

FREEMAIL_DOMAINS = frozenset(
    """
    163.com 126.com aim.com alice.it aol.com aol.de arcor.de att.net bellsouth.net bigpond.com bluewin.ch
    bluemail.ch btinternet.com charter.net chello.at comcast.net cox.net duck.com earthlink.net email.com email.de
    fastmail.com fastmail.fm foxmail.com free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de
    gmx.eu gmx.fr gmx.info gmx.net gmx.org googlemail.com hanmail.net hey.com home.nl hotmail.be hotmail.ch
    hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl hushmail.com icloud.com
    inbox.lv inbox.ru interia.pl kabelmail.de kolabnow.com kpnmail.nl laposte.net libero.it list.ru live.be
    live.co.uk live.com live.de live.fr live.it live.nl magenta.de mail.com mail.de mail.ru mailbox.org
    mailfence.com mac.com me.com msn.com naver.com neuf.fr numericable.fr o2.pl o2online.de onet.pl online.de
    online.no orange.fr outlook.at outlook.be outlook.com outlook.de outlook.es outlook.fr outlook.it planet.nl
    posteo.at posteo.ch posteo.de posteo.eu posteo.net posteo.org proton.me protonmail.ch protonmail.com pm.me
    qq.com rambler.ru rediffmail.com rocketmail.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com
    skynet.be sky.com sunrise.ch swissonline.ch t-online.de t-online.at talktalk.net telenet.be telia.com tim.it
    tin.it tiscali.it tuta.com tuta.io tutamail.com tutanota.com tutanota.de unitybox.de upcmail.nl verizon.net
    versanet.de virgilio.it virginmedia.com vodafone.de vodafonemail.de wanadoo.fr web.de wp.pl xs4all.nl yahoo.ca
    yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it
    yandex.com yandex.ru yeah.net ymail.com ziggo.nl zoho.com zohomail.eu
    """.split()
)
