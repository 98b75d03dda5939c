-- The default policy's rule, all of it but scaling schedules: replicas for each load target, the largest of them,
-- through the windows; to zero after idling, from zero at once. With the same options it decides like the built-in one.
-- A beginning for variants.
--   "policy": {"lua": "fireworks.lua", "max_replica_count": 3},
--   "autoscaling": {"min_replica_count": 0, "max_replica_count": 3}

options = {
    min_replica_count = 0, max_replica_count = 1, -- as in autoscaling
    scale_up_window = 30, scale_down_window = 600, scale_to_zero_window = 3600, -- in seconds
    window_rule = "stabilize", -- or "sustain", or "delay"
    default = 0.8, tokens_generated_per_second = 0, prompt_tokens_per_second = 0, -- load targets; 0: none
    requests_per_second = 0, concurrent_requests = 0,
}

local targets = {"default", "tokens_generated_per_second", "prompt_tokens_per_second", "requests_per_second",
                 "concurrent_requests"}

local function nanoseconds(seconds) -- whole, so that they can be compared
    return math.floor(seconds * 1e9 + 0.5)
end

-- Replicas for each load target. The first of several equal ones is the winner.
local function weigh(observation, options)
    local terms, most = {}, 0
    for _, key in ipairs(targets) do
        if options[key] > 0 then
            local measured = observation[key == "default" and "load" or key]
            local wanted = math.max(0, math.ceil(measured / options[key] * (1 - 1e-9)))
            terms[#terms + 1] = {key = key, measured = measured, target = options[key], wanted = wanted}
            most = math.max(most, wanted)
        end
    end
    return most, terms
end

-- The smallest (sign 1) or largest (sign -1) of what was recommended within the last `span`. In the queue is only what
-- can still become that: each is beyond the one before it.
local function extreme(queue, now, span, sign, wanted)
    if queue[#queue].wanted ~= wanted then
        queue[#queue].ended = now
        while #queue > 0 and sign * queue[#queue].wanted >= sign * wanted do
            queue[#queue] = nil
        end
        queue[#queue + 1] = {wanted = wanted}
    end
    while queue[1].ended and queue[1].ended <= now - span do
        table.remove(queue, 1)
    end
    return queue[1].wanted
end

-- A timer runs while the load lies in its direction. When it has run out the target follows.
local function is_due(state, now, direction, spans, options)
    local acts = false
    for _, way in ipairs({"up", "down"}) do
        if way == direction then
            state[way] = state[way] or now
        elseif options.window_rule == "sustain" then
            state[way] = nil
        end
        if state[way] and now - state[way] >= spans[way] then
            state[way] = nil
            acts = acts or way == direction
        end
    end
    return acts
end

local function hold(observation, options, recommended)
    if observation.current == 0 then
        return "hold_at_zero"
    elseif observation.running == 0 then
        return "hold_no_serving_replica"
    elseif recommended == 0 and options.min_replica_count == 0 and observation.idle_s then
        return "hold_scale_to_zero_window"
    end
    return "hold_on_target"
end

function decide(observation, options, state)
    local now, current = nanoseconds(observation.time_s), observation.current
    local floor = math.max(1, options.min_replica_count)
    state.spans = state.spans or {up = nanoseconds(options.scale_up_window), down = nanoseconds(options.scale_down_window)}
    local spans = state.spans
    state.smallest = state.smallest or {{wanted = current}} -- as if it had always been so
    state.largest = state.largest or {{wanted = current}}
    if options.max_replica_count == 0 then
        return {target = 0, reason = "parked"}
    elseif observation.request_at_zero then
        state.up, state.down = nil, nil
        return {target = floor, reason = "wake"}
    end

    local wanted, terms = current, {} -- while nothing serves, nothing is known of the load
    if observation.running > 0 then
        wanted, terms = weigh(observation, options)
    end
    wanted = math.max(options.min_replica_count, math.min(wanted, options.max_replica_count))
    local answer = {target = current, recommended = wanted, terms = terms}
    local smallest = extreme(state.smallest, now, spans.up, 1, wanted)
    local largest = math.max(floor, extreme(state.largest, now, spans.down, -1, wanted))

    if options.min_replica_count == 0 and current > 0 and observation.idle_s and
        nanoseconds(observation.idle_s) >= nanoseconds(options.scale_to_zero_window) then
        state.up, state.down = nil, nil
        answer.target, answer.reason = 0, "scale_to_zero"
        return answer
    end

    local direction = wanted > current and "up" or math.max(floor, wanted) < current and "down" or nil
    local acts = false
    if options.window_rule ~= "stabilize" then
        acts = is_due(state, now, direction, spans, options)
        answer.target = acts and math.max(floor, wanted) or current
    elseif direction then
        answer.target = direction == "up" and math.max(current, smallest) or math.min(current, largest)
        acts = answer.target ~= current
    end
    if not direction then
        answer.reason = hold(observation, options, wanted)
    else
        answer.reason = acts and "scale_" .. direction or "hold_scale_" .. direction .. "_window"
    end
    return answer
end
