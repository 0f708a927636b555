-- What stands, counting nothing.
-- KEYS: app and user, again and again. ARGV: category and its default windows, again and again.
-- Answers, for each user each category: {milliseconds of pause, {limit, seconds, name, used, milliseconds left}…}.
local found = {}
for at = 1, #KEYS, 2 do
  local app, user = KEYS[at], KEYS[at + 1]
  for which = 1, #ARGV, 2 do
    local _, _, ends = open(user, 'pause:' .. ARGV[which])
    local answer = {ends and ends - now or 0}
    for limit, seconds, name, key, field in each(app, user, ARGV[which], ARGV[which + 1]) do
      local used, _, ends = open(key, field)
      answer[#answer + 1] = {limit, seconds, name, used or 0, used and ends - now or 0}
    end
    found[#found + 1] = answer
  end
end
return found
