"""Bodies to begin with, for the reference: by the path of the call, each under a name."""

from typing import Any

CHARACTER = "0123456789abcdef0123456789abcdef"
HANGZHOU = {"role": "user", "content": "What is the weather like in Hangzhou?"}
WEATHER = {
    "id": "001",
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}
ASSISTANT = {"role": "system", "name": "Assistant", "content": "You help with travel plans."}
READER = {"userId": "u-1", "userName": "Lin"}
TALK = [{"role": "user", "content": "The rain has stopped. Shall we open the shop?", "name": "Lin"}]
GROUP = {
    "messages": TALK,
    "aca": {
        "botProfiles": [
            {"name": "Mei", "content": "Mei mends kites and speaks little."},
            {"name": "Old Zhou", "content": "Old Zhou sells tea next door."},
        ],
        "userProfile": READER,
        "groupInfo": {"name": "Lantern Lane", "description": "Neighbours in a narrow street"},
    },
}

ROLE: dict[str, Any] = {
    "input": {
        "messages": [{"role": "user", "content": "What are you mending?"}],
        "aca": {
            "botProfile": {
                "name": "Mei",
                "content": "Mei mends kites in a narrow street. She speaks little and kindly.",
            },
            "userProfile": READER,
        },
    }
}
SAVED: dict[str, Any] = {
    "input": {
        "messages": [{"role": "user", "content": "Good evening!"}],
        "aca": {"botProfile": {"characterId": CHARACTER}, "userProfile": READER},
    }
}
TOOLS: dict[str, Any] = {"messages": [ASSISTANT, HANGZHOU], "tools": [WEATHER]}

ANOTHER: dict[str, Any] = {
    "input": {
        "messages": [],
        "aca": {
            "botProfile": {"characterId": CHARACTER},
            "userProfile": READER,
            "context": {"isRegenerate": True, "queryId": CHARACTER},
        },
    }
}
NOTE = {"characterId": CHARACTER, "bizUserId": "u-1", "content": "It is Lin's birthday."}

BODIES: dict[str, dict[str, Any]] = {
    "/v2/api/chat/send": {"role in words": ROLE, "character of this site": SAVED},
    "/v2/api/chat/generate": {"another answer": ANOTHER},
    "/v2/api/completions": {"tools": TOOLS},
    "/v2/api/chat/completions": {
        "role in words": {
            "messages": [{"role": "user", "content": "What are you mending?"}],
            "aca": {"botProfile": {"name": "Mei", "content": "Mei mends kites."}},
        }
    },
    "/v2/api/groupchat/send": {
        "member": {
            "input": {**GROUP, "aca": {**GROUP["aca"], "replySetting": {"botName": "Mei"}}}  # type: ignore[dict-item]
        }
    },
    "/v2/api/groupchat/nextSpeaker": {"group": {"input": GROUP}},
    "/v2/api/chat/stop": {"answer": {"requestId": CHARACTER}},
    "/v2/api/chat/rating": {"answer": {"messageId": CHARACTER, "rating": 5}},
    "/v2/api/chat/reminder": {"note": NOTE},
    "/v2/api/chat/message/reminder": {"note": NOTE},
    "/v2/api/chat/reset": {"dialogue": {"characterId": CHARACTER, "userId": "u-1"}},
    "/v2/api/chat/message/histories": {
        "dialogue": {"where": {"characterId": CHARACTER, "bizUserId": "u-1"}, "pageSize": 20}
    },
    "/v2/api/character/create": {
        "character": {
            "name": "Mei",
            "basicInformation": "Mei mends kites in a narrow street.",
            "openingLine": "Come in, it is about to rain.",
        }
    },
    "/v2/api/character/update": {
        "greeting": {"characterId": CHARACTER, "openingLine": "You are early today."}
    },
    "/v2/api/character/delete": {"character": {"characterId": CHARACTER}},
    "/v2/api/character/search": {"own": {"where": {"scope": "my"}, "pageSize": 20}},
    "/v2/api/character/createOrUpdateVersion": {
        "next version": {"characterId": CHARACTER, "traits": "She never hurries."}
    },
    "/v2/api/extract/kv": {
        "name": {
            "messages": [{"role": "user", "content": "Call me Lin. I like kites."}],
            "kvMemoryConfigs": [{"enabled": True, "memoryText": "name"}],
        }
    },
    "/v2/api/extract/summary": {
        "talk": {"messages": [{"role": "user", "content": "Call me Lin. I like kites."}]}
    },
    "/v2/api/character/auto/desc": {
        "text": {"type": "text", "text": "Mei mends kites by the old bridge, and speaks little."}
    },
    "/v1/chat/completions": {
        "character": {
            "model": f"character/{CHARACTER}",
            "messages": [{"role": "user", "content": "Good evening!"}],
        }
    },
}
