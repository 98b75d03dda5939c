-- The rule of the default policy for one load target, with its windows: up to the smallest, down to
-- the largest number of replicas that the load asked for within the window. A beginning for variants.
--   "policy": {"lua": "stabilize.lua", "concurrent_requests": 16, "most": 8}

options = {concurrent_requests = 8, scale_up_s = 30, scale_down_s = 600, least = 1, most = 100}

-- The smallest (sign 1) or largest (sign -1) of what was in force within the last `span` seconds.
local function extreme(past, now, span, sign)
    local best = past[#past].wanted
    for i = #past, 1, -1 do
        best = sign * math.min(sign * best, sign * past[i].wanted)
        if past[i].time <= now - span then break end -- in force when the window began
    end
    return best
end

function decide(observation, options, state)
    local now, current = observation.time_s, observation.current
    local past = state.past or {{time = -1e9, wanted = current}}
    local wanted, terms = current, {} -- while nothing serves, nothing is known of the load
    if observation.running > 0 then
        local measured, target = observation.concurrent_requests, options.concurrent_requests
        wanted = math.ceil(measured / target - 1e-9)
        terms[1] = {key = "concurrent_requests", measured = measured, target = target, wanted = wanted}
        wanted = math.max(options.least, math.min(wanted, options.most))
    end
    past[#past + 1] = {time = now, wanted = wanted}
    while past[2].time <= now - math.max(options.scale_up_s, options.scale_down_s) do
        table.remove(past, 1)
    end
    state.past = past
    local up = extreme(past, now, options.scale_up_s, 1)
    local down = extreme(past, now, options.scale_down_s, -1)
    local answer = {target = current, recommended = wanted, reason = "hold", terms = terms}
    if up > current then
        answer.target, answer.reason = up, "scale_up"
    elseif down < current then
        answer.target, answer.reason = down, "scale_down"
    end
    return answer
end
