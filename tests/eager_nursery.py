"""A nursery whose workers flush and save all the time, so that a kill seldom misses a write."""

from aecore.jobs import nursery, recorder

recorder.FLUSH_SECONDS = 0.005
recorder.CHECKPOINT_SECONDS = 0.02

if __name__ == "__main__":
    nursery.main()
