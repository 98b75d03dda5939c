-- Room for a sudden crowd: as many replicas as the requests need, and so many more that they could
-- grow by `headroom` while a replica starts. Down only after `patience_s` without need.
--   "policy": {"lua": "headroom.lua", "requests": 12, "headroom": 0.5}

options = {requests = 12, headroom = 0.5, patience_s = 300}

function decide(observation, options, state)
    local held = observation.concurrent_requests * (1 + options.headroom) + observation.waiting
    local wanted = math.ceil(held / options.requests)
    if wanted >= observation.current then
        state.needed = observation.time_s
        return wanted, wanted > observation.current and "crowd" or "busy"
    end
    if observation.time_s - (state.needed or 0) < options.patience_s then
        return observation.current, "patience"
    end
    state.needed = observation.time_s
    return observation.current - 1, "quiet"
end
