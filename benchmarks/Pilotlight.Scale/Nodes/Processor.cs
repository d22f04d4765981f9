namespace Pilotlight.Scale.Nodes;

/// <summary>The cores of a node: jobs of one thread each, which share them evenly when there are more of them than cores.</summary>
internal sealed class Processor(VirtualTime time, double cores)
{
    private readonly PriorityQueue<Action, (double Due, long Order)> _jobs = new();
    private double _done;
    private TimeSpan _at;
    private double _speed = 1;
    private long _order;
    private long _alarm;
    private double _alarmIsFor = -1;
    private double _taken;

    /// <summary>Cores that something else takes all the time.</summary>
    public double Taken
    {
        get => _taken;
        set
        {
            Advance();
            _taken = value;
            Arrange();
        }
    }

    /// <summary>Core seconds that jobs have taken.</summary>
    public double Used { get; private set; }

    /// <summary>Runs a job, and says when it is done.</summary>
    public void Run(TimeSpan work, Action done)
    {
        Advance();
        _jobs.Enqueue(done, (_done + work.TotalSeconds, _order++));
        Arrange();
    }

    /// <summary>Lets all jobs go.</summary>
    public void Clear()
    {
        _jobs.Clear();
        _alarm++;
    }

    // What each job has had since the beginning grows as time passes, for all at the same speed.
    private void Advance()
    {
        var elapsed = (time.Now - _at).TotalSeconds;
        _at = time.Now;
        if (_jobs.Count > 0)
        {
            _done += elapsed * _speed;
            Used += elapsed * _speed * _jobs.Count;
        }
    }

    private void Arrange()
    {
        var speed = _jobs.Count == 0 ? 1 : Math.Min(1, Math.Max(0.1, cores - _taken) / _jobs.Count);
        if (!_jobs.TryPeek(out _, out var first) || (speed == _speed && first.Due == _alarmIsFor))
        {
            _speed = speed;
            return;
        }

        (_speed, _alarmIsFor) = (speed, first.Due);
        var alarm = ++_alarm;
        time.After(TimeSpan.FromSeconds(Math.Max(0, first.Due - _done) / speed) + TimeSpan.FromTicks(1), () =>
        {
            if (alarm == _alarm)
            {
                Finish();
            }
        });
    }

    private void Finish()
    {
        Advance();
        _alarmIsFor = -1;
        var finished = new List<Action>(1);
        while (_jobs.TryPeek(out var done, out var first) && first.Due <= _done + 1e-9)
        {
            _jobs.Dequeue();
            finished.Add(done);
        }

        Arrange();
        finished.ForEach(done => done());
    }
}
