"""The ways people state the usual facts about themselves, in Chinese and in English."""

import re
from dataclasses import dataclass

ADVERBS = (
    r"(?:们|自己|一直|从小|现在|最近|平时|平常|其实|今年|已经|刚|满|也|都|就|最|很|挺|真的|真|特别|非常|比较|"
    r"还|是|超级|超|更|又|倒|只|快|才|了)*"
)
WHOLE = r"([^，。！？；…\n!?;]{1,40}?)(?=[，。！？；…!?;,]|[.](?:\s|$)|\s*$)"
WORDS = r"([^,.!?;:\n]{1,60}?)(?=[,.!?;:]|\s+(?:and (?:i|my)|but|because|so|when|since|now)\b|\s*$)"
NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九十百]{1,4})"
JOBS = r"师|医生|学生|研究生|护士|工人|司机|老板|作家|画家|警察|律师|编辑|会计|教授|经理|店主|程序员|店员|演员|职员|公务员|歌手"
PETS = r"猫|狗|兔子?|鸟|鱼|仓鼠|乌龟|鹦鹉"
ENGLISH_PETS = r"cats?|dogs?|rabbits?|birds?|fish|hamsters?|turtles?|parrots?|kittens?|puppy|puppies|ponies|pony"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: the words of a key that ask for it, and patterns with the value as a group."""

    asked: re.Pattern[str]
    stated: tuple[re.Pattern[str], ...]
    has_topics: bool = False  # a key may ask for a part of it only


def _kind(asked: str, *stated: str, has_topics: bool = False) -> Kind:
    patterns = tuple(re.compile(pattern, re.IGNORECASE) for pattern in stated)
    return Kind(re.compile(asked, re.IGNORECASE), patterns, has_topics)


# The first whose `asked` fits a key decides: disliking before liking.
KINDS = (
    _kind(
        r"姓名|名字|称呼|怎么叫|叫什么|\bnames?\b",
        rf"我的?(?:名字|全名|小名|大名)(?:就)?(?:叫做|叫|是)(?![你他她它]){WHOLE}",
        r"我(?:就|也)?(?:名叫|叫做|叫)(?![你他她它了过不醒人])([^，。！？；…\s!?;,.]{1,12})",
        r"(?:可以|请|大家都?|就)(?:叫|称呼)我(?:做|为)?([^，。！？；…\s!?;,.]{1,8})",
        rf"\bmy name(?: is|'s|’s) {WORDS}",
        rf"\b(?:you can |please )call me {WORDS}",
        rf"\bI(?:'m| am|’m) called {WORDS}",
    ),
    _kind(
        r"生日|出生|\bbirth",
        rf"我的?生日(?:就?[是在]|(?=[\d一二三四五六七八九十农腊正])){WHOLE}",
        r"我是([^，。！？；…\n]{1,20}?[年月日号])(?:出生|生)",
        rf"我出生[在于]{WHOLE}",
        rf"\bmy birthday(?:'s|’s| is)(?: on| in)? {WORDS}",
        rf"\bI was born (?:on|in) {WORDS}",
    ),
    _kind(
        r"年龄|年纪|岁数|多大|几岁|\bage\b|\bhow old\b",
        rf"我{ADVERBS}({NUMBER}\s*岁)",
        r"\bI(?:'m|’m| am)(?: now| only| already| just)? (\d{1,3})(?= years old|\s*[,.!?;]|\s*$| and\b| but\b)",
        r"\bI(?: have)?(?: just)? turned (\d{1,3})\b",
    ),
    _kind(
        r"性别|\b(?:gender|sex)\b",
        r"我(?:就)?是(?:一?个|一?名)?(男孩子?|女孩子?|男生|女生|男人|女人|男性|女性|男的|女的)",
        r"\bI(?:'m|’m| am) an? (man|woman|boy|girl|male|female)\b",
    ),
    _kind(
        r"过敏|\ballerg",
        rf"我{ADVERBS}对([^，。！？；…\n]{{1,20}}?)过敏",
        rf"\bI(?:'m|’m| am) allergic to {WORDS}",
    ),
    _kind(
        r"讨厌|不喜欢|不爱|反感|忌口|忌讳|害怕|\b(?:dislikes?|hates?|fears?|aversions?)\b",
        rf"我{ADVERBS}(?:不(?:太|怎么|大)?(?:喜欢|爱)|讨厌|害怕|受不了|吃不了|怕){WHOLE}",
        rf"\bI (?:really |just )?(?:don't|don’t|do not) (?:really )?(?:like|love|enjoy) {WORDS}",
        rf"\bI (?:really |just )?(?:hate|dislike|detest|can't stand|can’t stand|fear) {WORDS}",
        rf"\bI(?:'m|’m| am) afraid of {WORDS}",
        has_topics=True,
    ),
    _kind(
        r"喜欢|喜好|爱好|兴趣|偏好|最爱|爱吃|爱喝|\b(?:likes?|loves?|favou?rites?|hobby|hobbies|interests?|"
        r"preferences?|enjoys?)\b",
        rf"我{ADVERBS}(?:喜欢|热爱|偏爱|爱(?![好情人心理]))(?:的[^，。！？；…是]{{0,8}}是)?(?!的){WHOLE}",
        rf"我的?(?:兴趣爱好|爱好|兴趣|喜好)(?:就|主要)?是{WHOLE}",
        rf"\bI (?:also |really |still |do )?(?:like|love|enjoy|adore|prefer) {WORDS}",
        rf"\bmy favou?rite(?: \w+)?(?: \w+)?(?: is| are|'s|’s) {WORDS}",
        rf"\bmy hobb(?:y is|ies are) {WORDS}",
        rf"\bI(?:'m|’m| am) (?:fond of|into) {WORDS}",
        has_topics=True,
    ),
    _kind(
        r"工作|职业|职位|上班|行业|做什么|\b(?:job|work|occupation|profession|career)\b",
        rf"我的?(?:工作|职业)(?:现在)?(?:就)?是{WHOLE}",
        rf"我{ADVERBS}[是当做](?:一?[名个位])?([^，。！？；…\n我]{{0,10}}(?:{JOBS}))(?=[，。！？；…啊呀呢哦啦吧\s]|$)",
        rf"我{ADVERBS}(在[^，。！？；…\n]{{1,16}}(?:上班|工作|教书|读书|上学))",
        rf"我{ADVERBS}(做[^，。！？；…\n]{{1,12}}的)(?=[，。！？；…\s]|$)",
        rf"\bI work as (?:an? )?{WORDS}",
        rf"\bI work ((?:for|at|in) {WORDS})",
        rf"\bmy (?:job|work|profession) is {WORDS}",
        r"\bI(?:'m|’m| am) an? ((?:\w+ )?(?:teacher|doctor|nurse|student|engineer|driver|writer|painter|"
        r"lawyer|editor|accountant|professor|manager|programmer|actor|singer|cook|farmer|artist|"
        r"librarian|designer|baker|tailor|sailor))\b",
    ),
    _kind(
        r"老家|家乡|籍贯|来自|哪里人|哪儿人|\b(?:hometown|origin|nationality|comes? from)\b",
        rf"我的?(?:老家|家乡)(?:就)?(?:是|在){WHOLE}",
        rf"我{ADVERBS}来自{WHOLE}",
        r"我是([^，。！？；…\n个]{2,8}人)(?=[，。！？；…\s]|$)",
        rf"\bI(?:'m|’m| am| come) from {WORDS}",
        rf"\bmy hometown is {WORDS}",
    ),
    _kind(
        r"住|地址|城市|所在地|家在|\b(?:lives?|living|home|address|city|location|residence)\b",
        rf"我{ADVERBS}(?:居住|住|搬|定居)(?:在|到|去)了?{WHOLE}",
        rf"我家(?:就)?(?:住)?在{WHOLE}",
        rf"\bI (?:now |currently |still )?live (?:in|at|near|on) {WORDS}",
        rf"\bI(?: have|'ve|’ve)? (?:just )?moved to {WORDS}",
        rf"\bmy home is (?:in |at )?{WORDS}",
    ),
    _kind(
        r"宠物|\bpets?\b",
        rf"我(?:家里|家)?{ADVERBS}养了?{WHOLE}",
        rf"我(?:家里|家)?{ADVERBS}有([^，。！？；…\n]{{0,8}}(?:{PETS}))",
        rf"\bI have ((?:\w+ ){{0,3}}(?:{ENGLISH_PETS}))\b",
    ),
    _kind(
        r"邮箱|邮件|\be-?mail\b", r"([a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5})"
    ),
    _kind(r"电话|手机|\b(?:phone|mobile|telephone)\b", r"(?<![\d-])(\+?\d[\d -]{5,16}\d)(?![\d-])"),
)

# What a narrower key can mean: "food somebody likes" is told by the words around eating.
TOPICS = {
    r"食物|吃|菜|食品|零食|水果|口味|美食|\b(?:foods?|dish(?:es)?|meals?|fruits?)\b": (
        r"吃|菜|饭|面|汤|辣|甜|水果|糖|糕|饼|肉|鱼|火锅|饺|粥|豆|\b(?:eat|food|dish|soup|noodles?|rice|cakes?|fruit|"
        r"bread|cheese|meat|fish|apples?|oranges?|chocolate|dumplings?|pizza)\b"
    ),
    r"饮料|喝|饮品|\bdrinks?\b": r"喝|茶|咖啡|酒|水|奶|汁|\b(?:drink|tea|coffee|wine|beer|water|milk|juice)\b",
    r"颜色|色|\bcolou?rs?\b": (
        r"色|红|蓝|绿|白|黑|黄|紫|粉|灰|\b(?:red|blue|green|white|black|yellow|purple|pink|gr[ae]y|brown|"
        r"orange|colou?r)\b"
    ),
    r"书|阅读|小说|\bbooks?\b": r"书|小说|读|诗|漫画|\b(?:books?|read|reading|novels?|poems?|poetry)\b",
    r"音乐|歌|\b(?:music|songs?|bands?)\b": (
        r"音乐|歌|曲|听|唱|琴|\b(?:music|songs?|sing|singing|piano|guitar|jazz|listen|listening)\b"
    ),
    r"电影|影片|剧|\b(?:movies?|films?|shows?)\b": r"电影|片|剧|\b(?:movies?|films?|watch|watching|shows?)\b",
    r"运动|体育|\bsports?\b": (
        r"球|跑|游泳|运动|健身|滑|骑|爬山|登山|瑜伽|\b(?:football|soccer|basketball|tennis|run|running|swim|"
        r"swimming|sports?|ski|skiing|cycling|hiking|climb|climbing)\b"
    ),
    r"动物|\banimals?\b": rf"{PETS}|马|熊|鸟|动物|\b(?:{ENGLISH_PETS}|horses?|bears?|animals?)\b",
}
