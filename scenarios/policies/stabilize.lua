-- The rule of the default policy for one load target, with its windows: up to the smallest, down to
-- the largest number of replicas that the load asked for within the window. A beginning for variants.
--   "policy": {"lua": "stabilize.lua", "concurrent_requests": 16, "most": 8}

options = {concurrent_requests = 8, scale_up_s = 30, scale_down_s = 600, least = 1, most = 100}

-- The smallest (sign 1) or largest (sign -1) of what was in force within the last `span` seconds.
-- In the queue is only what can still become that: each is beyond the one before it.
local function extreme(queue, now, span, sign, wanted)
    queue[#queue].ended = now
    while #queue > 0 and sign * queue[#queue].wanted >= sign * wanted do
        queue[#queue] = nil
    end
    queue[#queue + 1] = {wanted = wanted}
    while queue[1].ended and queue[1].ended <= now - span do
        table.remove(queue, 1)
    end
    return queue[1].wanted
end

function decide(observation, options, state)
    local now, current = observation.time_s, observation.current
    state.up = state.up or {{wanted = current}} -- as if it had always been so
    state.down = state.down or {{wanted = current}}
    local wanted, terms = current, {} -- while nothing serves, nothing is known of the load
    if observation.running > 0 then
        local measured, target = observation.concurrent_requests, options.concurrent_requests
        wanted = math.ceil(measured / target - 1e-9)
        terms[1] = {key = "concurrent_requests", measured = measured, target = target, wanted = wanted}
        wanted = math.max(options.least, math.min(wanted, options.most))
    end
    local up = extreme(state.up, now, options.scale_up_s, 1, wanted)
    local down = extreme(state.down, now, options.scale_down_s, -1, wanted)
    local answer = {target = current, recommended = wanted, reason = "hold", terms = terms}
    if up > current then
        answer.target, answer.reason = up, "scale_up"
    elseif down < current then
        answer.target, answer.reason = down, "scale_down"
    end
    return answer
end
