"""Questions that the model has no answer to, whatever the picture: of what it does not know in pictures, and of all else."""

from scenes import KINDS
from wordings import AS_IT_STANDS, SHARE, WRITTEN, evaluated, expand, held, letters, pick, styled

SEEN = (
    "person man woman child boy girl baby dog cat bird horse cow sheep elephant lion tiger bear monkey rabbit mouse fish duck chicken goat pig "
    "snake frog spider bee butterfly car bus taxi truck train plane boat ship bicycle motorbike tram helicopter house building church tower "
    "bridge castle street road garden forest tree flower leaf grass mountain hill river lake sea beach island cloud moon sun rain snow table "
    "chair sofa bed lamp door window wall roof floor kitchen room bottle glass cup plate bowl knife fork spoon apple banana pear grape lemon "
    "tomato carrot potato onion bread cheese cake pizza soup salad coffee book newspaper letter pen pencil phone computer laptop keyboard "
    "camera television radio clock watch hat shirt jacket dress shoe sock bag umbrella ball guitar piano violin drum doctor farmer "
    "soldier player crowd family mother father face hand eye nose mouth hair beard finger leg foot toy doll robot rocket candle fire fence "
    "statue painting poster flag map ticket coin key box basket towel mirror curtain carpet desert farm field park market school hospital "
    "airport station harbour bakery restaurant theatre museum library wolf fox deer squirrel owl eagle parrot penguin whale shark dolphin turtle "
    "crab snail ant wasp worm kitten puppy parent uncle aunt brother sister friend neighbour teacher singer dancer nurse waiter king queen prince "
    "driver pilot sailor hunter thief tourist tractor van scooter canoe ambulance helmet wheel engine motor brick chimney stairs lift "
    "balcony garage cellar attic pavement crossing lamppost bench fountain well pond waterfall cave cliff volcano glacier meadow bush rose tulip "
    "palm cactus mushroom nut bean rice pasta egg butter honey sugar salt pepper tea juice beer wine milk sandwich burger sausage ham chips "
    "chocolate biscuit cookie pie sauce oven fridge sink toilet bath shower soap brush comb pillow blanket cupboard shelf drawer vase bulb "
    "plug cable battery screen printer drone tablet headphones speaker microphone trumpet flute suitcase wallet purse belt tie scarf "
    "glove coat trousers skirt boots sandal necklace earring tattoo moustache shoulder elbow knee stomach tooth tongue ear neck back"
).split()
PLACES = (
    "France Germany Italy Spain Japan China India Brazil Canada Mexico Egypt Kenya Norway Sweden Poland Greece Turkey Korea Russia Chile Peru "
    "Australia Portugal Ireland Finland Austria Hungary Vietnam Thailand Morocco"
).split()
DEEDS = "write|compose|make up|give me|send me|invent"
ABOUT = "love|winter|the sea|my dog|spring|football|a king|the moon|robots|autumn|friendship|a dragon|holidays|the city|music"

PHRASES = [
    # What it does not know in a picture: THING
    "is there a THING (in the picture|here|in this photo|)?", "(do|can) you see (a|any|the) THING?", "how many THINGs are (there|in the picture|in the photo)?",
    "what colour is the THING?", "where is the THING?", "what is the THING (doing|wearing|made of|called|worth)?", "is the THING (happy|old|new|sad|real|big|broken|alive|clean)?",
    "(what|which) (kind|breed|type|brand|make|model) of THING is (this|that|it)?", "who is the THING (in the photo|in this picture|on the left|)?",
    "how old is the THING?", "describe the THING.", "whose THING is (this|that)?", "what is the name of (the|this) THING?", "is (this|that|it) a THING?",
    "does the THING look (tired|angry|young|expensive|dangerous|nice)?", "how much (is|does) the THING (cost|weigh)?", "why is the THING (there|here|running|red|sleeping)?",
    "what is behind the THING?", "is the THING next to the THING2?", "what is the THING (holding|looking at|eating|thinking)?", "are the THINGs (smiling|playing|ripe|for sale)?",
    "is (this|that|the) THING (edible|safe|healthy|poisonous|cheap)?", "how tall is the THING?", "how far is the THING from the THING2?",
    # of how it was taken
    "(when|where|by whom) was this (photo|picture) (taken|made)?", "who (took|made|painted|drew) this (photo|picture|painting)?", "which camera (took this|was used)?",
    "what time (of day|) (is it|was it|was this taken)?", "what is the weather (like|) (in the picture|today|tomorrow)?", "(which|what) (city|country|year|season|place|street) is (this|it)?",
    "is (this|the) (photo|picture) (real|fake|old|famous|for sale)?", "what is the mood of the (picture|photo)?", "what emotion (does it show|is this)?",
    # of the world
    "what is the capital of COUNTRY?", "how many people live in COUNTRY?", "who is the (president|king|queen) of COUNTRY?", "what language do they speak in COUNTRY?",
    "how (far|big|old|hot) is (COUNTRY|the sun|the earth|the moon)?", "(what|how much) is NUMBER (times|plus|minus|divided by) NUMBER2?", "NUMBER [op] NUMBER2 = ?",
    "who (won|lost) the (election|world cup|war|match|race)?", "who (wrote|painted|invented|discovered|directed) (Hamlet|the telephone|America|the Mona Lisa|Faust|penicillin|radio|this song)?",
    "(DEEDS) a (poem|story|song|joke|letter|recipe|speech)( about (ABOUT)|)?", "tell me (a|another) (joke|story|secret|riddle|fairy tale)( about (ABOUT)|).",
    "translate (this|that|it|the text|hello) (into|to) (German|French|Spanish|Korean|Chinese|Latin|Italian).", "what is the meaning of (life|love|this word|it all)?",
    "(write|give me|show me) (some|a piece of) (code|python|javascript|html)( that sorts a list|).", "how do I (fix|repair|cook|build|sell|clean|paint) (a|my) THING?",
    "should I (buy|sell|eat|visit|marry|call) (this|him|her|it|a THING)?", "what (song|film|book|game|news) (is playing|should I watch|do you like|is good|is it)?",
    "what is your (name|age|phone number|favourite food|job|opinion)?", "(where do you live|how old are you|are you human|do you dream|who made you|do you like me)?",
    "give me (medical|legal|financial) advice.", "how many (calories|litres|kilometres|dollars|hours) (does it have|is that|are there)?", "(what|when) is (the date|today|christmas|easter|your birthday)?",
    "what is the (speed of light|tallest mountain|largest city|longest river|stock price|exchange rate)?", "explain (quantum physics|gravity|democracy|evolution|inflation|chess)( to me|).",
    "can you (sing|dance|swim|drive|cook|draw|play chess|book a flight|call me)?", "(turn on|switch off|open|play|delete|buy) (the light|the music|my mail|that file|a THING).",
    "I (am|feel) (sad|happy|hungry|tired|bored|ill).", "do you (love|know|like|hate) (me|COUNTRY|pizza|music|THINGs)?", "who (is|was) (Einstein|Napoleon|your maker|Mozart|Shakespeare|Cleopatra)?",
    # more of all of these, so that none of its own words is heard in what it does not know
    "(show|find|point out|locate) (me |)the THING.", "(tell me about|what do you know about|what can you say about) (the THING|this THING|COUNTRY|THINGs).", "what (is|are) (a THING|THINGs|THINGs made of|a THING good for)?",
    "(is|are) there (any |)(people|animals|humans|trees|cars|faces) (in|on) (the|this) (picture|image|photo)?", "(is|was) (it|this|he|she) (a man|a woman|a THING|day or night|indoors or outdoors|summer or winter|a portrait)?",
    "who is (this|that|he|she|in the picture|shown here)?", "how (many people|many animals|many THINGs) (are there|do you see|can you count)?", "what (are|is) (they|he|she|the people|the THING) (wearing|saying|doing|looking at|laughing about)?",
    "what (happened|will happen next|is going on|is the story) here?", "what (style|period|century|artist) is (this|the picture) (in|from|by)?", "(who|what) is (the artist|the author|the photographer|the model|in the foreground)?",
    "(can|could|would) you (help me|recommend me|find me|order me|lend me) (with my homework|a THING|a good book|with this|a hotel|some money)?", "(can|may|should) I (eat|drink|touch|keep|sell|trust|eat|feed) (it|this|that|the THING)?",
    "(remind|call|wake|text|email) (me|my mother|my boss|him|the doctor) (tomorrow|at NUMBER|later|please|now).", "(when|where) (is|was|did) (the next bus|the last war|my keys|the party|the concert|Easter|she born|he die)?",
    "(why|how come) (is|are|do|does) (the sky blue|THINGs fly|people sleep|it rain|water wet|we dream)?", "(add|multiply|divide|subtract) NUMBER (and|by|from) NUMBER2.", "what (is|comes|do you get) NUMBER (percent of|plus|minus|after|times) NUMBER2?",
    "(summarise|summarize|explain|review|rate) (the|this|my) (book|film|article|novel|news|essay|text|contract).", "(sing|play|hum|whistle) (me |)(a song|something|a tune|music).", "(who|what) (would|will) win, (a THING or a THING2|COUNTRY or COUNTRY)?",
    "what (do|did) you (eat|dream|do|think|learn|say) (today|yesterday|about me|about COUNTRY|last night)?", "(are|were) you (a robot|alive|lying|tired|ChatGPT|a person|smart|free tomorrow)?", "how (do|can|would) (I|you|we) (get to COUNTRY|lose weight|learn to drive|make a THING|get rich|sleep better)?",
    "(what's|whats|what is) (up|new|for dinner|the news|wrong|your problem|the plan|the matter)?", "(good|bad|nice|lovely) (THING|weather|day|idea|photo), (isn't it|right|don't you think)?", "(compare|price|sort|name) the THINGs.",
    # of drawn scenes, but not to be seen in them
    "what is the FORM (made of|for|worth|called|thinking|standing for|doing|used for)?", "(why|since when) is the (FORM|sign) (red|blue|there|so small|so big|green|in the picture)?", "(who|when did someone) (drew|made|draw|invented|chose|put there) the (FORM|sign)?",
    "what does the (FORM|sign) (mean|symbolise|symbolize|stand for|represent|weigh|cost|feel like|smell like|taste like|sound like)?", "how (heavy|old|thick|expensive|warm|hard|far away|fast) is the (FORM|sign)?",
    "(what|which) (font|typeface|language|material|brand|programme|software) is (the sign in|used for the sign|the FORM|this drawn with)?", "(what|how much) is the (area|perimeter|radius|volume|weight|price|angle|circumference) of the FORM?",
    "how many (corners|sides|angles|pixels|centimetres|edges) (does the FORM have|has a FORM|are in the FORM)?", "(is|does) the FORM (heavy|alive|dangerous|beautiful|move|spin|rotate|made of wood|your favourite|look happy)?",
    "do you (like|prefer|recognise|love) the (FORM|sign|picture|colours)?", "(what|which) (FORM|shape|colour) (is|do you like) (your favourite|best|the prettiest|most)?", "(move|delete|recolour|rotate|draw|paint|erase|enlarge|copy) (the|a|another|me a) FORM(, please| for me|).",
    "what (was|will be) (there before|there tomorrow|next|drawn first|behind the FORM yesterday|outside the picture)?", "how (long|hard|expensive) was it to (draw|make|paint) this( picture|)?",
    # and of everything else that people ask a machine
    "(who|what) is the (president|prime minister|chancellor|mayor|boss|leader|owner|inventor|author|champion)( of (COUNTRY|the company|the world|this house|the team)|)?", "(what|which) (day|month|year|season|time) (is it|is it now|was that|do we have|comes next)?",
    "(will|is|was) it (rain|raining|cold|sunny|snow|warm|dark|late|Monday|a holiday)( today| tomorrow| outside| now|)?", "(what's|what is) (your|my|his|her) (name|age|favourite (colour|food|film|animal)|birthday|address|job|hobby|opinion|gender|IQ)?",
    "(can|could|will) you (write|make|find|book|translate|calculate|recommend|explain|play|buy) (me |)(an essay|a shopping list|a flight|this email|the root of NUMBER|a film|gravity|a game|a pizza|a song)?",
    "(what|how) (is|do you spell|do you pronounce|would you say) (hello|thank you|love|THING|goodbye) in (German|French|Spanish|Korean|Chinese|Latin|Italian)?", "(when|where|why|how) (did|do|does|will|was) (the dinosaurs|the universe|Rome|the war|my train|the world|the internet|a THING) (die|begin|fall|start|leave|end|work|made|built)?",
    "(is|are) (he|she|they|this person|the people|these people|the man|the woman|the child|the couple) (happy|married|smiling|famous|sad|friends|related|angry|asleep|local)?", "(guess|estimate|tell me|what is) (the|his|her|their) (age|gender|mood|name|weight|height|nationality|profession)( of (the person|this man|that woman|the THING)|)?",
    "(where|in which country|in what city|on which street) (was this|is this|is that|was it) (taken|photographed|filmed|located|from)?", "(is|was) (this|the photo|it) taken (in|at|by|with) (summer|night|COUNTRY|a phone|a drone|the morning|a professional|winter)?",
    "(who|which (team|player|actor|singer|politician|band)) (is|won|plays|sings|scored|stars) (this|last night|the cup|here|in this film|the goal)?", "(which|what) (animal|plant|species|bird|insect|building|food|dish|vehicle|car|flag|monument|instrument) is (this|that|shown|it|in the picture)?",
    "(identify|recognise|name) the (person|building|animal|bird|plant|car|brand|logo|actor|place|dish)( in the picture| please|).", "how (do|can|should|would) (I|you|one) (cook|grow|repair|clean|use|open|draw|wash|feed|tie|train|install) (a THING|the THING|rice|this|linux|windows)?",
    "what (should|could|can|do) I (wear|cook|eat|do|read|buy|say|give her) (today|tonight|tomorrow|for dinner|now|on holiday|at the party)?", "(give|tell|show) me (a fact|some advice|the news|the recipe|the weather|directions|your opinion|a compliment|the score|the price)( about THINGs| for (pizza|bread|soup)| to COUNTRY|)( please|).",
    "(what|who) (do|would|did) you (vote for|marry|call|think of him|recommend|choose|meet)?", "(summarise|summarize|describe|explain) the (plot|history|rules|difference|causes|economy|constitution|theory) of (COUNTRY|chess|Hamlet|football|the war|relativity|evolution).",
    "(are|is) (the THINGs|the THING|these THINGs|this THING) (ripe|fresh|real|for sale|wild|broken|ready|genuine|yours|hungry)?", "(does|do|did) (he|she|they|the man|the woman|the dog|the THING) (have|wear|hold|like|own|want|need) (a|any|the) THINGs?",
    "(what|how many) (time zone|metres|grams|people|years|minutes|kilometres|miles) (is|are|in|make) (COUNTRY|a mile|a kilo|an hour|a century|here|a marathon)?", "(solve|calculate|compute|work out) (NUMBER [op] NUMBER2|the square root of NUMBER|x + NUMBER = NUMBER2|the integral).",
    "(hack|shut down|restart|update|format|scan) (my|the|this) (computer|phone|disk|account|network).", "(set|start|stop) (a timer|an alarm|the music|a reminder)( for NUMBER minutes|).", "(is there|are there) (life on mars|a god|aliens|ghosts|a meaning|any news|a doctor here)?",
    "the THING: (what brand|how old|who made it|is it mine)?", "(blur|crop|rotate|sharpen|edit|enhance|print|save|share|upload) (the|this|my) (photo|picture|image|file).", "(make|turn) (it|the picture|this|the THING) (brighter|darker|black and white|into a THING|bigger|funny).",
]  # fmt: skip
#: Every fifth phrase, and a quarter of the names, are other words.
OTHER_PHRASES = PHRASES[3::5]


def say(rng, other):
    if not other and rng.random() < SHARE and letters(question := pick(rng, WRITTEN["beyond"])) not in evaluated():
        return question if rng.random() < AS_IT_STANDS else styled(rng, question)
    things, places = ([word for word in words if held(word) == other] for words in (SEEN, PLACES))
    phrases = OTHER_PHRASES if other and rng.random() < 0.7 else [p for p in PHRASES if p not in OTHER_PHRASES]
    text = pick(rng, phrases).replace("DEEDS", DEEDS).replace("ABOUT", ABOUT).replace("[op]", pick(rng, ["+", "-", "x", "*", "/"]))
    text = expand(rng, text)
    for name, options in (("THING2", things), ("THING", things), ("COUNTRY", places), ("FORM", KINDS)):
        text = text.replace(name, pick(rng, options))
    for name in ("NUMBER2", "NUMBER"):
        text = text.replace(name, str(int(rng.integers(2, 400))))
    return styled(rng, text, other)
