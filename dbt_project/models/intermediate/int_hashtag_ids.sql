with
hashtag_ids as (
    {{ hashtag_ids() }}
)

select * from hashtag_ids
