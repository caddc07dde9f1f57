"""Closed word classes of spoken English: what around a token speaks for or against a name."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _words("the a an this that these those any some each every no another such what which whatever both")
POSSESSIVES = _words("my your his her our their its whose")
SUBJECTS = _words(
    "i you he she it we they who there nobody everybody someone somebody anyone everyone anybody ya y'all"
)
EATING = _words(
    "stop stopped stopping eat ate eating lunch dinner breakfast fries burger nuggets frosty drive-through drivethrough"
)
"""What one does, or gets, at a chain's place: stop at Wendy's."""

PREMISES = _words("place shop store joint bar diner garage salon restaurant spot stand bakery market clinic studio gym")
"""What may be called by its owner's name: the tire place there, Pimentel's."""

PRONOUNS = SUBJECTS | _words(
    "me him us them myself yourself himself herself ourselves themselves itself something anything nothing"
    " everything one ones mine yours hers ours theirs"
)
MODALS = _words(
    "will would can could shall should might must do does did don't doesn't didn't won't can't couldn't wouldn't"
    " shouldn't to gonna wanna gotta let let's please never not always just i'll you'll he'll she'll we'll they'll"
)
BE = _words(
    "am is are was were be been being isn't wasn't aren't seem seems seemed feel feels felt get gets got getting"
    " too really pretty more most as quite less least how"
)
PREPOSITIONS = _words(
    "with to from for about by at in of near around without like toward towards behind between beside against"
    " than on off over into through under after before until upon past"
)
PERSON_PREPOSITIONS = _words("with from for about by at like without than behind between beside against around towards")
"""After these an ordinary singular noun would need an article; a name stands bare."""

AMOUNTS = _words("lot lots bit bag bags box boxes cup cups piece pieces kind sort bunch plate bowl pinch jar")
SENSES = _words("smell smells smelled smelling taste tastes tasted tasting")
"""Before "of" and before "like": a lot of patience, smells like ginger."""

ROLES = _words("guy boy baby boss friend fellow girl kid lady")
"""What people are to each other, or are called: with a capital inside a sentence, somebody's name."""

NAMED = _words("named called nicknamed name's")
GREETINGS = _words(
    "hi hey hello dear bye goodbye thanks thank okay ok yes yeah yep no well oh so sorry please look listen"
    " morning evening afternoon welcome right alright mm-hm mhm sure sir congratulations exactly you"
)
HAILS = _words("hi hey hello dear bye goodbye thanks thank morning afternoon evening sorry welcome night")
"""Greetings that a name follows without a pause."""

MONTHS = _words("january february march april may june july august september october november december")
WEEKDAYS = _words("monday tuesday wednesday thursday friday saturday sunday")

CRIES = _words("em ha hah ho oi oy hee ay yo")
"""Sounds and clipped words that are names as well; only a capital inside a sentence makes them one."""

OATHS = _words("jesus christ lord god")
"""What is cried out by itself, though people are called so."""

VOWELS = frozenset("aeiouy")
NUMBERS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand"
)
QUESTION_OF_NAME = _words("name names named called who who's whose")
"""In a question, these make the answer's first words a name."""

ADDRESS = _words(
    "you i what do can how are did is would could why where when tell let come don't what's how's i'm there isn't"
    " there's the"
)
"""What follows a name that someone is called by."""

SAYS = _words(
    "said says made goes went asked told thought knew wanted called came gave took got left moved looked started"
    " stopped texted kept brought found put sent saw heard talked tried died offered sat stood showed sold lived"
    " worked wrote yelled cried laughed smiled answered replied explained mentioned agreed noticed understood"
    " helped met walked ran threw paid lost swore suggested reminded decided stayed woke ate drank bought broke"
    " earned grabbed pushed held played believed remembered forgot invited visited promised lied quit retired"
    " married divorced graduated hugged kissed screamed whispered joked teased knows wants thinks says asks tells"
    " gets takes comes keeps hates loves calls texts picks drives hears reads doesn't didn't won't wouldn't always"
    " never isn't wasn't hasn't hadn't"
)
"""Verbs that people are the subject of; a bare singular noun before one is usually a name."""

HUMAN = _words(
    "said says asked told thought knew wanted called texted yelled cried laughed smiled answered replied"
    " explained agreed noticed walked drove married divorced graduated hugged kissed screamed whispered joked"
    " knows wants thinks drives screams worries asks tells lied promised invited swore sat stood drank ate slept"
    " retired quit remembered forgot picked offered relapsed cheated apologized hates drinks smokes"
)
"""Verbs that things and feelings are never the subject of."""

SAYS |= HUMAN
AUXILIARIES = _words("is was has had will would can could did does and just still also finally already actually really")
CONTACT = _words(
    "told asked tell texted phoned married dated dating met emailed invited hugged kissed called call ask thank"
    " thanked marrying meeting visit visited blamed named"
)
"""Verbs whose bare singular object is a person."""

GIVING = _words(
    "told tell gave give sent send showed show handed bought brought made called call owe owed lent taught asked"
)
"""Verbs that take a person and then a thing: "sent bill the thing"."""

AFFECT = _words(
    "love loved miss missed know knew see saw hate hated trust remember bring brought text"
    " stand seeing watching raising visiting"
)
INVERSION = _words("i you we they the a an my your his her our their this that there not be have me him them us it")
PERSON_PRONOUNS = _words("he she")
MODIFIERS = _words(
    "last next whole other new good bad great hot long past same own first late early only real little old big full"
)
"""Before a word that is also a name, these speak for the word."""

MASS_NOUNS = _words(
    "hope faith grace joy love art patience charity honor honour destiny liberty justice serenity trust mercy"
    " peace summer spring autumn fall winter may april june july august sunday monday tuesday wednesday thursday"
    " friday saturday easter honey sugar ginger rosemary basil sage olive cherry amber jade crystal ivory rain"
    " snow rice ice wood stone rock clay sand silver gold iron steel silk music harmony melody math history chance"
    " luck heaven hell earth space harm church court school work home bed jail day night dream beauty glory"
    " victory fate fortune bliss energy fun care water fire light dawn case company law class"
)
"""Names that also stand without an article as words do: mass nouns, seasons, months."""

ADJECTIVES = _words(
    "gay rich young frank sunny happy blue red green brown black white gray grey rusty dusty sandy misty stormy"
    " rocky lucky merry jolly noble sweet dear precious golden royal major minor less more long early late true"
    " sincere innocent sad close small clear hurt ready holy wild bright smart seven curt ernest earnest"
)
"""Names that also stand without an article as words do: adjectives."""

ATTRIBUTES = _words("first second third new old great upper lower united general national grand fort port lake cape")
DIRECTIONS = _words("north south east west northern southern eastern western central northwestern northeastern")
"""Capitalised, words that open the proper name of a place or a firm."""

NAME_PARTICLES = _words(
    "ya ah yah ssi nim san chan kun sama ji jan joon bhai ol al el ul ur un os as bint ben ibn bin da de e i la"
    " le o abad"
)
"""After a hyphen, parts of names and what is added to them in address."""

PREFIXES = _words("ex co re un bi de pro sub my t x e u")
"""Before a hyphen, no part of a name."""

DESKS = _words(
    "accounting payroll hr billing dispatch shipping receiving admissions reception marketing sales finance purchasing"
    " maintenance housekeeping records guidance scheduling"
)
"""Where people work, said without an article: penny in accounting."""

CREWS = _words("engine ladder medic battalion firehouse")
"""Before a number, these are a fire company: Engine 2."""

UNITS = _words("precinct infantry battalion regiment engineers cavalry airborne brigade squadron marines")
"""After a number, these are an organisation: the sixty third precinct."""

DENOMINATIONS = _words(
    "lutheran baptist methodist presbyterian congregational unitarian nazarene reformed moravian mennonite pentecostal"
)
"""After an ordinal, these are a parish: First Lutheran."""

HOSPITALS = _words("methodist presbyterian baptist lutheran adventist episcopal")
"""After "at", these are a hospital or a school."""

KINDRED = _words("sons son brothers bros daughters associates")
PAIRED = _words(
    "tire tires lube heating air cooling bait tackle bar grill grille hair nails spa towing recovery feed seed supply"
    " pawn gun guns land cattle livestock body paint glass lawn garden wine spirits liquor bbq barbecue lumber"
    " hardware rental rentals salvage wrecker cabinets trim floors tile roofing siding well pump septic tree stump tax"
    " accounting title trust loan savings gold jewelry deli catering cuts color ink tattoo tan dance cheer tack kennel"
    " auto diesel brake brakes muffler transmission plumbing electric sewer drain excavating concrete marine sport"
    " sports outdoor"
)
"""Trades that stand in pairs in a firm's name: tire and lube, land and cattle."""

MAIN_STREETS = _words("main broadway market central")
TRADES = _words(
    "poultry woolen woolens livery cartage trucking freight towing tile seafood meats produce dairy farms"
    " orchards lumber timber paving excavating masonry drywall electric electrical plumbing heating hvac roofing"
    " glass marine boatworks shipyard upholstery furniture flooring cleaners laundry textiles mills apparel"
    " printing packing foods brewing distillery vineyards winery livestock auto motors automotive collision"
    " welding steel foundry plastics packaging logistics transport realty properties builders construction"
    " contracting landscaping nursery mortuary insurance mutual savings holdings ventures consulting staffing"
    " industries enterprises riverfront"
)
"""Trades that a firm's name ends in: "tessier poultry"."""

SHOPS = _words(
    "market diner bakery grill tavern salon cafe pizzeria grocery hardware pub saloon bbq barbecue kitchen"
    " restaurant deli pharmacy barbershop florist garage laundromat"
)
CUED_HEADS = _words(
    "memorial regional federal mutual general high elementary baptist methodist lutheran presbyterian orthodox"
    " episcopal pentecostal ame middle"
)
"""Words that end an organisation's name after "at", "for", "from" where capitals are lost."""

NOMINAL = _words("blue red green brown black white gray grey gold golden silver young early late long less more minor")
"""Of these, adjectives that do stand without a noun after a preposition: "in the red", "before long"."""

AFTER_WILL = _words("be have not never always probably just also definitely get go do i you he she we they it")
ABBREVIATIONS = _words("am pm us uk ok tv dc la ny id eg ie pe ot pt er ex ad bc po")
"""Two letters with stops that are no one's initials."""

ENDEARMENTS = _words(
    "honey baby babe sweetie dear darling love sugar buddy doc man dude pal boss champ princess pumpkin sunshine"
    " hon lady sweetheart cutie bud mama papa daddy"
)
"""What people call each other without a name."""

SEASONS = _words("spring summer autumn fall winter")
ELLIPTIC = _words("guy case story price deal word page point thing fact problem reason boy girl man bud bill")
"""Nouns that speech begins a sentence with, their article left out: "Story is, ..."."""

CUSTODY = _words(
    "rehab jail prison detox recovery therapy treatment kindergarten preschool daycare college foster hospice"
    " surgery labor custody first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
)
"""After "is in", where only people are."""

TELLING = _words("tell telling told ask asked asking show showed showing text texting texted call calling called")
TOLD = _words("everything something nothing anything that what how about the a if why when")
RANKS = _words("oldest youngest middle eldest first only favorite twin")
HOURS = _words("dawn midnight noon dusk eve")
MODAL_NAMES = _words("will may")
NICKNAME_PREFIXES = _words("big little lil old young")
SPEAKING_TO = _words(
    "said say says talk talked talking speak spoke speaking listen listened married engaged related next sent"
    " gave give showed wrote apologized lied walking walked"
)
"""Before "to", these lead up to a person."""

BUYING = _words("got get gets grab grabbed ate eat eating had order ordered wear wore wearing buy bought some like")
"""Before "Wendy's" or "Levi's", these make goods of a name."""

THINGS = _words("it that this something stuff things anything everything much")
PARTNERS = _words("him her me he she us them you")
NAMING = _words("call calls called calling name named")
CAUSING = _words(
    "put teach taught teaching help helped helping let lets letting make makes made making want wants wanted get got"
)
QUESTION_WORDS = _words("what where when who how why")
QUESTION_VERBS = _words("does did doesn't didn't")
LOCATIVE = _words("in from near outside downtown")
DIRECTION = _words("to at around across through past via toward towards into on by out up down over of")
MOTION = _words(
    "live lives lived living move moves moved moving grew raised born go goes going went drive drives drove"
    " driving fly flew flying visit visited visiting travel traveled travelled stay stayed staying back up down"
    " out over come came coming comes trip commute commuting relocated headed heading road bus train stationed"
    " transferred home house"
)
RESIDENCE = _words(
    "live lives lived living move moves moved moving grew raised born relocated stationed settled reside resides"
    " based buried transferred"
)
WORK = _words(
    "work works worked working job started start teach teaches taught study studied enrolled graduated hired"
    " volunteer volunteered intern interned employed shift church services swam swims over up down out back fired"
    " quit manager nurse admitted inpatient treatment student went go goes going applied transferred accepted"
    " coach coached plays"
)
EMPLOYED_AT = _words("at for from by with")
EMPLOYMENT = _words(
    "work works worked working job jobs shift shifts nights days weekends overnights hired fired laid quit"
    " manager manage manages managed cashier cook cooked drive drives driving drove deliver delivers delivering"
    " delivered stock stocked employed employee boss supervisor position interview interviewed started career"
    " years coworker coworkers clerk warehouse promoted transferred retired"
)
"""Before "at" or "for", these say that someone is employed there."""

FINITE = _words(
    "is was has had does did doesn't didn't isn't wasn't hasn't hadn't won't wouldn't would can could can't"
    " couldn't lent beat bit blew built burned caught chose cut dug drew drank fell fought flew froze grew hung"
    " hid hurt led lit rode rang rose shook shot shut sang slid spent spat stole struck swam taught threw tore"
    " wore won"
)
"""Verb forms that follow a subject and that no imperative has after it."""

CLAUSE_OPENERS = _words(
    "how when what why if because cause 'cause since while where whenever once until and so but then that's like"
    " well okay says said thinks thought knows knew swears swore guess bet heard hope"
)
"""After these a clause begins, so that a verb's subject stands next."""

TIES = _words(
    "lunch dinner coffee breakfast brunch drinks shopping date night trip phone fight fought argument argued"
    " married friends stayed stay living lived live slept sleeping weekend moved talked dancing work worked hang"
    " hung hanging evening"
)
"""Before "with", what people share with a person."""

TEMPERS = _words(
    "mad angry pissed furious yelling yelled yell screamed screaming scream snapped upset laughed laughing smiled"
    " snap swore"
)
"""Before "at", what is aimed at a person."""

STATES = _words(
    "there teething crying pregnant coming eleven ten nine eight seven six five four three two married mad upset"
    " home here fine sick asleep sleeping drunk dead gone angry scared jealous out away older younger adopted the"
    " my his her our twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty graduating"
    " autistic diabetic sober clean bisexual trans working yelling talking moving getting leaving being seeing"
    " dating living staying calling acting fighting drinking using diagnosed arrested born hospitalized suspended"
    " expelled engaged nonbinary bipolar depressed divorced separated relapsing texting"
)
"""After "is" and "was", what is said of people rather than of things and seasons."""

PASSING = _words(
    "fading ending coming growing dying running waning missing being going starting beginning approaching falling"
    " flying during nothing something everything anything bring king thing spring rising breaking getting turning"
    " looming"
)
"""What seasons, light and feelings do as well."""

REFLEXIVE = _words("himself herself myself yourself themselves themself ourselves")
HUMAN_BASES = _words(
    "cry laugh yell scream tell answer quit leave forgive know want think say like need live drink hate remember"
    " ever still call talk text see"
)
"""Verbs that, after "does", ask about a person."""

TITLES = _words(
    "dr mr mrs ms miss mister doctor prof professor rev reverend pastor rabbi imam father fr sister brother uncle"
    " aunt auntie aunty tia tio coach officer detective sergeant judge nurse nana grandma grandpa principal deacon"
    " bishop cousin captain lieutenant mama papa abuela nanny gran granny lady sir madame"
)
STYLES = _words(
    "dr mr mrs ms miss mister doctor prof professor rev reverend pastor rabbi imam father sister brother uncle"
    " aunt auntie aunty tia tio tita tito titi coach officer detective sergeant sarge judge nurse principal deacon"
    " deaconess bishop elder evangelist cousin captain lieutenant sir lady madame señor señora senor senora"
    " monsieur madam frau herr pani pan corporal colonel general major private admiral commander chief sheriff"
    " deputy trooper constable inspector agent senator governor mayor president councilman councilwoman"
    " congressman congresswoman chaplain canon cantor minister attorney mama papa big lil nana grandma grandpa"
    " granny gran abuela abuelo tía tío kuya ate lola lolo oma opa"
)
"""Titles that stand before a name and are none where one follows."""

SURNAME_TITLES = _words("dr mr mrs ms miss mister doctor prof professor rev reverend judge officer detective sergeant")
LETTERED = _words(
    "trex tshirt tshirts tmobile tbone tball uhaul uturn vneck xray xrays xmen xbox zpack zpak kmart kpop kdrama"
    " jcrew jterm qtip qtips dday vday gstring gwagon gsuite email etrade ebike csection csections croll broll bside"
    " aframe ateam bteam fbomb ibeam oring hbomb abomb nword fword cword csuite yaxis xaxis ptrap alist blist dlist"
    " cspan gforce ecoli alevel alevels olevel olevels tcell tcells bcell bcells cspine pchem ochem jhook squad"
    " nsync ihop zline"
)
"""Letters and words with a hyphen that name nobody."""

DEVOTIONS = _words("medal medals medallion card candle candles novena statue icon prayer day feast bread")
"""After a saint's name, these are things: a St. Jude medal."""

SHORT_TITLES = _words("dr mr mrs ms miss mister")
STREETS = _words(
    "road street avenue drive lane boulevard parkway court circle terrace highway turnpike blvd ave rd pike"
    " expressway freeway alley plaza square crescent"
)
FIRM_STREETS = _words("street avenue drive lane boulevard parkway highway blvd ave rd road turnpike st")
"""Of these, words that follow a street's name even where capitals are lost: "on park street"."""

ROUTINES = _words(
    "supper brunch band lab uni confession practice camp rehearsal probation interview detention nutrition welfare path"
    " mischief anymore anywhere somewhere wherever whoever quarter minute half attention upstairs downstairs altogether"
    " together sometime outside inside either"
)
"""Words that stand right after "at", "from", "to", though no list of word pairs says so."""

OPENING_HEADS = _words("temple congregation camp mount iglesia casa masjid gurdwara beth")
"""Words that open the name of an organisation: Temple Beth Shalom."""

SERVED = _words("women men children veterans people farmers workers")
"""Whom an organisation serves: "women's health"."""

GENERIC = _words(
    "community state local public private mental nursing grad graduate medical law business music summer night"
    " middle high elementary primary secondary boarding old new whole emergency day outpatient inpatient"
    " psychiatric general children's animal vet urgent pain methadone sleep free dental family catholic christian"
    " baptist methodist lutheran presbyterian jewish muslim hindu buddhist main two three four one little big"
    " small good bad nice long wrong right next first last back side dirt busy quiet dead entire county city"
    " federal regional health care home group youth senior veterans vocational trade culinary beauty bible sunday"
    " preschool junior charter magnet online driving flight foster church job hotel restaurant coffee grocery"
    " hardware department drug liquor book pet shoe thrift dollar corner food movie other different same special"
    " research clinical social physical occupational women's men's kids school work cancer heart eye skin surgery"
    " birth rehab detox treatment recovery wellness fitness community swimming open closed parking our my real"
    " local super average"
)
"""Words that describe a kind of organisation or street and name none."""

ORG_HEADS = _words(
    "university college hospital clinic elementary school academy church temple mosque synagogue cathedral chapel"
    " parish nursery daycare preschool plumbing logistics supply construction roofing landscaping bakery diner"
    " restaurant cafe grill pizzeria brewery tavern salon pharmacy bank union mortgage insurance realty motors"
    " trucking freight dairy foods market grocery hardware lumber steel foundry manufacturing industries"
    " enterprises associates partners llc inc corp corporation consulting solutions systems technologies"
    " electronics pharmaceuticals hospice rehab rehabilitation center centre institute foundation society"
    " association ymca library museum theater theatre hotel inn motel resort lodge apartments medical memorial"
    " ministries fellowship tabernacle assembly congregation baptist lutheran methodist presbyterian reformed"
    " cooperative livestock drug storage vocational polytechnic federal nursing aggregate"
)
"""Words that end the name of an organisation."""

NAMED_AFTER = _words(
    "school academy elementary high middle gurdwara mandir temple church mosque masjid chapel cathedral shul synagogue"
    " parish college"
)
"""Of these, words whose bearer may be named after a known figure: Guru Nanak Gurdwara."""

FIRM_HEADS = _words(
    "university college hospital clinic elementary academy cathedral plumbing logistics roofing landscaping"
    " bakery diner pharmacy motors trucking freight hospice ministries tabernacle cooperative livestock vocational"
    " school supply"
)
"""Of these, words that end one even where capitals are lost and the name is made of plain words."""

LANDSCAPE = _words(
    "ridge hollow creek valley grove vista springs hills pines oaks meadows brook heights manor harbor harbour"
    " bay point landing crossing glen dale lake woods waters beach island mountain river bridge park county"
    " township cove orchard orchards branch fork gap bend bluff bluffs prairie bayou shores lakes gardens estates"
    " mills commons plains flats junction ferry run neck notch village falls canyon mesa acres hill wharf marina"
)
NOUNS = _words(
    "house home school work car family friend friends food money life world people person place day night kid kids"
)
"""Function words of speech that a proper name may end in all the same: Harbor House."""

FUNCTION = (
    DETERMINERS
    | POSSESSIVES
    | PRONOUNS
    | NUMBERS
    | (MODALS - {"will"})
    | BE
    | PREPOSITIONS
    | (AUXILIARIES - {"will"})
    | SAYS
    | GREETINGS
    | _words(
        "and or but so if because 'cause cause then when where why how which all few other nor own same very now have"
        " having do doing come coming go going take taken pay here back again once up down out off only even maybe"
        " wanting referred forget made mm mmm mhm mmh mh know happy ain't gimme gonna gotta kinda sorta lemme dunno"
        " nope okay um uh er ah hmm huh wow say let think need make give good glad nice side hit dad mom mum mommy"
        " mummy daddy god man men woman women guy guys kid kids boy girl things thing time times day days week weeks"
        " month months year years night nights morning way ways lot lots bit kind sort stuff work school house car job"
        " money food life world people person family friend friends basically probably usually sometimes ever often"
        " later much many less more most every anyway since while though although yet else whether ago almost today"
        " tomorrow tonight yesterday course might may it's he's she's that's there's what's who's let's i'm i've i'd"
        " i'll you're we're they're yup nah gotcha whoa ooh aw aww oops ugh yikes jeez aint oughta naw yall tryna"
        " finna imma woulda coulda shoulda musta hafta outta lotta whatcha doin goin somebodys gosh honestly seriously"
        " obviously anyways cool great fine"
    )
) - {"may", "hit", "sir"}
"""Words that are never a name by themselves."""

SIGNED_IN = _words(
    "account accounts avatar badge callsign channel dm dms feed follow followers forum gamer gamertag"
    " gamertags handle handles insta instagram login messaged nickname nick online page password post"
    " posted posting posts profile reddit roblox screenname snap snapchat tag tagged tags tiktok twitch"
    " twitter user username venmo xbox discord minecraft fortnite subreddit youtube podcast blog website"
    " site"
)
"""Around these, people say what they call themselves on a screen, or what a machine calls them."""

CONTRACTED = _words("s t d m n ve ll re am all er em day clock til cause nt know you out im what")
"""What stands after the apostrophe of a contraction or a clipped word."""

ANIMALS = _words(
    "dog dogs cat cats puppy pup kitten kitty horse pony mare mule donkey goat hen rooster chicken cow calf pig lamb"
    " turtle tortoise snake lizard gecko iguana parrot budgie cockatiel canary hamster gerbil rabbit bunny ferret rat"
    " goldfish hound terrier lab poodle beagle collie shepherd mutt gelding filly colt alpaca llama duck goose tabby"
)
"""Those that people give names to."""

MACHINES = _words("alexa siri google cortana bixby")
"""What people talk to that is nobody."""

KNOWN_AS = _words("singer actor actress rapper footballer prophet apostle poet philosopher goddess evangelist novelist")
"""Before a name, these say that all the world knows it: the apostle Paul. After one they may be anybody's trade."""

KNOWN_KINDS = _words(
    "country state movie film show song app drug god saint planet month holiday flower spice gem brand band cartoon"
    " superhero rapper footballer prophet apostle goddess"
)
"""After a name, these say that no private person bears it here: Israel the country; Drake, the rapper."""
