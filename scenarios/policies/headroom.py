# The rule of headroom.lua as a program: a line of JSON in, a line out.
#   "policy": {"command": ["python3", "headroom.py"], "requests": 12, "headroom": 0.5}
import json, math, sys

needed = 0
for line in sys.stdin:
    seen = json.loads(line)
    options = {"requests": 12, "headroom": 0.5, "patience_s": 300, **seen["options"]}
    held = seen["concurrent_requests"] * (1 + options["headroom"]) + seen["waiting"]
    wanted = math.ceil(held / options["requests"])
    if wanted >= seen["current"]:
        needed = seen["time_s"]
        answer = {"target": wanted, "reason": "crowd" if wanted > seen["current"] else "busy"}
    elif seen["time_s"] - needed < options["patience_s"]:
        answer = {"target": seen["current"], "reason": "patience"}
    else:
        needed = seen["time_s"]
        answer = {"target": seen["current"] - 1, "reason": "quiet"}
    print(json.dumps(answer), flush=True)
